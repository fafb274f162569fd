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
 * An image in files of the host, which may come from anybody: a FIFO among them would keep whoever reads it waiting for ever, and a
 * device may be read without end. Whoever changes the files while they are read still can keep the reader waiting.
 */
final class LocalImage {
    private LocalImage() {}

    /**
     * Refuses an image with a file that cannot be read like one. What is not there is left to the reader, which says so.
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
            // image-layout.md of OCI's image-spec
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
