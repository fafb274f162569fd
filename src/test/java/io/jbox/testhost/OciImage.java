package io.jbox.testhost;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Writes images as OCI layouts, bad ones too. */
public final class OciImage {
    private final List<byte[]> layers = new ArrayList<>();
    private final List<byte[]> archives = new ArrayList<>();
    private String settings = "{}";
    private String architecture = System.getProperty("os.arch", "").equals("aarch64") ? "arm64" : "amd64";

    public OciImage layer(TarBuilder archive) {
        return layer(archive.bytes(), gzip(archive.bytes()));
    }

    /**
     * @param archive whose digest the configuration has
     * @param stored whose digest the manifest has
     */
    public OciImage layer(byte[] archive, byte[] stored) {
        archives.add(archive);
        layers.add(stored);
        return this;
    }

    /** The configuration's {@code config}, as JSON. */
    public OciImage settings(String json) {
        settings = json;
        return this;
    }

    public OciImage architecture(String name) {
        architecture = name;
        return this;
    }

    public static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** Writes it to a folder that is not there yet; returns its name. */
    public String write(Path folder) {
        try {
            Files.createDirectories(folder.resolve("blobs/sha256"));
            Files.writeString(folder.resolve("oci-layout"), "{\"imageLayoutVersion\": \"1.0.0\"}");
            List<String> descriptors = new ArrayList<>();
            List<String> digests = new ArrayList<>();
            for (int i = 0; i < layers.size(); i++) {
                descriptors.add(blob(folder, "application/vnd.oci.image.layer.v1.tar+gzip", layers.get(i)));
                digests.add("\"sha256:" + hash(archives.get(i)) + "\"");
            }
            String config = "{\"architecture\": \"" + architecture + "\", \"os\": \"linux\", \"config\": " + settings
                    + ", \"rootfs\": {\"type\": \"layers\", \"diff_ids\": " + digests + "}}";
            String manifest =
                    "{\"schemaVersion\": 2, \"mediaType\": \"application/vnd.oci.image.manifest.v1+json\", \"config\": "
                            + blob(
                                    folder,
                                    "application/vnd.oci.image.config.v1+json",
                                    config.getBytes(StandardCharsets.UTF_8))
                            + ", \"layers\": " + descriptors + "}";
            String index = "{\"schemaVersion\": 2, \"manifests\": ["
                    + blob(
                                    folder,
                                    "application/vnd.oci.image.manifest.v1+json",
                                    manifest.getBytes(StandardCharsets.UTF_8))
                            .replace("}", ", \"annotations\": {\"org.opencontainers.image.ref.name\": \"latest\"}}")
                    + "]}";
            Files.writeString(folder.resolve("index.json"), index);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return "oci:" + folder;
    }

    private static String blob(Path folder, String type, byte[] bytes) throws IOException {
        Files.write(folder.resolve("blobs/sha256/" + hash(bytes)), bytes);
        return "{\"mediaType\": \"" + type + "\", \"digest\": \"sha256:" + hash(bytes) + "\", \"size\": " + bytes.length
                + "}";
    }

    public static String hash(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
