package io.jbox.image;

import io.jbox.config.BadValueException;
import io.jbox.config.ImageName;
import io.jbox.config.PackageList;
import io.jbox.json.Json;
import io.jbox.json.JsonReader;
import io.jbox.kernel.KernelException;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.store.ImageRecord;
import io.jbox.store.Making;
import io.jbox.store.NameRecord;
import io.jbox.store.Store;
import io.jbox.store.TreeListing;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A root file system of packages that is to become an image, for a process that may work on trees. It comes as a tar archive
 * behind this, and what says that the archive is whole.
 *
 * @param manifest what stands for the image
 * @param end a secret that is written behind a complete archive; the box that makes the archive does not know it
 */
public record UnpackRequest(String manifest, PackageList packages, String end) {
    private static final int END_BYTES = 16;
    private static final int MOST_OF_END = 64;
    private static final int MOST = 16 << 20;
    private static final int BUFFER = 256 * 1024;

    /** A request with an end that nobody else knows. */
    public static UnpackRequest of(String manifest, PackageList packages) {
        byte[] end = new byte[END_BYTES];
        new SecureRandom().nextBytes(end);
        return new UnpackRequest(manifest, packages, HexFormat.of().formatHex(end));
    }

    /** In one line. */
    public String text() {
        return Json.write(Map.of(
                                "manifest",
                                manifest,
                                "epoch",
                                packages.epoch(),
                                "packages",
                                packages.lines(),
                                "end",
                                end))
                        .replace("\n", " ")
                + "\n";
    }

    private static UnpackRequest parse(String text) {
        try {
            if (JsonReader.read(text) instanceof Map<?, ?> all
                    && all.get("manifest") instanceof String manifest
                    && all.get("epoch") instanceof Long epoch
                    && all.get("packages") instanceof List<?> lines
                    && all.get("end") instanceof String end
                    && !end.isEmpty()) {
                List<String> packages = new ArrayList<>();
                for (Object line : lines) {
                    packages.add((String) line);
                }
                return new UnpackRequest(manifest, PackageList.parse(epoch, packages), end);
            }
        } catch (JsonReader.MalformedException | BadValueException | ClassCastException e) {
            throw new JboxException("the packages on standard input are invalid: " + e.getMessage());
        }
        throw new JboxException("the packages on standard input are invalid");
    }

    /**
     * Adds the image to a store, all of it or nothing.
     *
     * @param in the request, and what follows it
     */
    public static ImageRecord unpack(InputStream in, Store store, ImageName name, String platform) {
        try (BufferedInputStream all = new BufferedInputStream(in, BUFFER);
                Making making = store.make()) {
            UnpackRequest request = parse(line(all));
            try (TreeWriter tree = new TreeWriter(making.root())) {
                new LayerUnpacker(tree, new File(store.folder()).getUsableSpace()).unpack(new TarReader(all));
                tree.finish();
            }
            if (!endOf(all).equals(request.end)) {
                throw new BadImageException("the archive ends too early");
            }
            TreeListing.Listed listed = TreeListing.of(making.root());
            ImageRecord.Run run = new ImageRecord.Run(command(making), List.of(), 0, 0, List.of(), "/");
            long now = System.currentTimeMillis() / 1000;
            return store.add(
                    making,
                    listed,
                    new ImageRecord(request.manifest, "", platform, 0, run, List.of(), request.packages),
                    new NameRecord(name.toString(), platform, request.manifest, "", now));
        } catch (BadImageException | KernelException e) {
            throw new JboxException(name + ": " + e.getMessage());
        } catch (IOException e) {
            throw new JboxException(name + ": " + SystemError.of(e));
        }
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0 && b != '\n' && line.size() < MOST; b = in.read()) {
            line.write(b);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    /** What follows the zeros after the archive's end. */
    private static String endOf(InputStream in) throws IOException {
        int b = in.read();
        while (b == 0) {
            b = in.read();
        }
        ByteArrayOutputStream end = new ByteArrayOutputStream();
        for (; b >= 0 && end.size() < MOST_OF_END; b = in.read()) {
            end.write(b);
        }
        return end.toString(StandardCharsets.US_ASCII);
    }

    /** An init if there is one, else a shell. */
    private static List<String> command(Making making) {
        Path root = Path.of("/proc/self/fd/" + making.root().number());
        return Files.exists(root.resolve("usr/sbin/init"), LinkOption.NOFOLLOW_LINKS)
                ? List.of("/sbin/init")
                : List.of("/bin/bash");
    }
}
