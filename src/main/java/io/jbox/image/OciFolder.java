package io.jbox.image;

import io.jbox.json.Json;
import io.jbox.number.Sha256;
import io.jbox.store.ImageRecord;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * A folder with one image of one layer (OCI image-spec, image-layout.md). It contains no times, so the same box gives
 * the same bytes.
 */
public final class OciFolder {
    private static final String TYPES = "application/vnd.oci.image.";
    private static final int BUFFER = 64 * 1024;

    private final Path folder;
    private final Path blobs;

    /** @param folder an empty one */
    public OciFolder(Path folder) {
        this.folder = folder;
        this.blobs = folder.resolve("blobs/sha256");
    }

    /**
     * Writes the image.
     *
     * @param layer a tar archive, to its end
     * @param tag its name in the folder
     * @param platform {@code linux/amd64}
     * @return the digest of its manifest
     */
    public String write(InputStream layer, String tag, String platform, ImageRecord.Run run) throws IOException {
        Files.createDirectories(blobs);
        MessageDigest stored = Sha256.digest();
        MessageDigest content = Sha256.digest();
        Path aside = blobs.resolve("layer");
        try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(aside), BUFFER);
                OutputStream compressed = new GZIPOutputStream(new DigestOutputStream(file, stored), BUFFER)) {
            layer.transferTo(new DigestOutputStream(compressed, content));
        }
        String digest = Sha256.finish(stored);
        long size = Files.size(aside);
        Files.move(aside, blobs.resolve(digest));

        int slash = platform.indexOf('/');
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("architecture", platform.substring(slash + 1));
        config.put("os", platform.substring(0, slash));
        config.put("config", settings(run));
        config.put("rootfs", map("type", "layers", "diff_ids", List.of("sha256:" + Sha256.finish(content))));

        Map<String, Object> manifest = map("schemaVersion", 2L, "mediaType", TYPES + "manifest.v1+json");
        manifest.put("config", blob("config.v1+json", config));
        manifest.put("layers", List.of(describe("layer.v1.tar+gzip", digest, size)));

        Map<String, Object> described = blob("manifest.v1+json", manifest);
        described.put("annotations", map("org.opencontainers.image.ref.name", tag));
        Map<String, Object> index = map("schemaVersion", 2L, "manifests", List.of(described));
        Files.writeString(folder.resolve("index.json"), Json.write(index));
        Files.writeString(folder.resolve("oci-layout"), Json.write(map("imageLayoutVersion", "1.0.0")));
        return String.valueOf(described.get("digest"));
    }

    private static Map<String, Object> settings(ImageRecord.Run run) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("User", run.uid() + ":" + run.gid());
        if (!run.environment().isEmpty()) {
            settings.put("Env", run.environment());
        }
        if (!run.command().isEmpty()) {
            settings.put("Cmd", run.command());
        }
        settings.put("WorkingDir", run.cwd());
        return settings;
    }

    private Map<String, Object> blob(String type, Map<String, Object> content) throws IOException {
        byte[] bytes = Json.write(content).getBytes(StandardCharsets.UTF_8);
        String digest = Sha256.of(bytes);
        Files.write(blobs.resolve(digest), bytes);
        return describe(type, digest, bytes.length);
    }

    private static Map<String, Object> describe(String type, String digest, long size) {
        return map("mediaType", TYPES + type, "digest", "sha256:" + digest, "size", size);
    }

    private static Map<String, Object> map(Object... keysAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }
}
