package io.jbox.image;

import io.jbox.config.ImageName;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * An image in host files, which are untrusted: a FIFO among them would block the reader for ever, and a device may have
 * no end. A user who changes the files while they are read can still block the reader.
 */
final class LocalImage {
    private LocalImage() {}

    /**
     * Refuses an image with special files. Missing files are left to the reader, which reports them.
     *
     * @throws JboxException if there is such a file
     */
    static void check(ImageName name) {
        if (!name.isLocal()) {
            return;
        }
        Path path = Path.of(name.where());
        try {
            refuse(name, path);
            if (!Files.isDirectory(path)) {
                return;
            }
            // OCI image-spec, image-layout.md
            refuse(name, path.resolve("oci-layout"));
            refuse(name, path.resolve("index.json"));
            Path blobs = path.resolve("blobs");
            if (!Files.isDirectory(blobs)) {
                return;
            }
            try (DirectoryStream<Path> algorithms = Files.newDirectoryStream(blobs, Files::isDirectory)) {
                for (Path algorithm : algorithms) {
                    refuseAmong(name, algorithm);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw new JboxException(name + ": " + e.getMessage());
        } catch (IOException e) {
            throw new JboxException(name + ": " + SystemError.of(e));
        }
    }

    private static void refuseAmong(ImageName name, Path folder) throws IOException {
        try (DirectoryStream<Path> blobs = Files.newDirectoryStream(folder)) {
            for (Path blob : blobs) {
                refuse(name, blob);
            }
        }
    }

    private static void refuse(ImageName name, Path file) throws IOException {
        if (Files.exists(file)
                && Files.readAttributes(file, BasicFileAttributes.class).isOther()) {
            throw new JboxException(name + ": " + file + " is neither a file nor a folder");
        }
    }
}
