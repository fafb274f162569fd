package io.jbox.life;

import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A file that is written as a whole or not at all, and that only the caller can read, since boxes may contain secrets.
 * Devices and other special files are written to directly.
 */
public final class WholeFile {
    private WholeFile() {}

    /** Writes to a file. */
    public interface Writer {
        void write(OutputStream out) throws IOException;
    }

    /** @throws JboxException if it cannot be written; an existing file stays as it was */
    public static void write(Path file, Writer writer) {
        write(file, "rw-------", writer);
    }

    /** The same for a file to execute. */
    public static void writeExecutable(Path file, Writer writer) {
        write(file, "rwx------", writer);
    }

    private static void write(Path file, String mode, Writer writer) {
        Path whole = file.toAbsolutePath().normalize();
        boolean ordinary = !Files.exists(whole) || Files.isRegularFile(whole);
        try {
            if (ordinary) {
                replace(whole, mode, writer);
            } else {
                try (OutputStream out = Files.newOutputStream(whole, StandardOpenOption.WRITE)) {
                    writer.write(out);
                }
            }
        } catch (IOException e) {
            throw new JboxException(file + ": " + SystemError.of(e));
        }
    }

    private static void replace(Path file, String mode, Writer writer) throws IOException {
        // A link stays, and its target is replaced.
        Path target = Files.isSymbolicLink(file) && Files.exists(file) ? file.toRealPath() : file;
        Path aside = target.resolveSibling(
                target.getFileName() + "." + ProcessHandle.current().pid() + ".new");
        Files.createFile(aside, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode)));
        try {
            try (OutputStream out = Files.newOutputStream(aside, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
                writer.write(out);
            }
            Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(aside);
            throw e;
        }
    }
}
