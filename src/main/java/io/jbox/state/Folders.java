package io.jbox.state;

import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.File;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** Makes jbox's own folders. */
public final class Folders {
    private Folders() {}

    /**
     * Makes a folder and its missing parents, accessible only to their owner.
     *
     * @throws JboxException if one cannot be made
     */
    public static void make(File folder) {
        try {
            if (!folder.isDirectory()) {
                Files.createDirectories(
                        folder.toPath(),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
        } catch (IOException e) {
            throw new JboxException(
                    folder + ": " + SystemError.of(e),
                    e instanceof AccessDeniedException ? hint(folder.getPath()) : null);
        }
    }

    /** A hint for a user who may not make the folder; null for root. */
    public static @Nullable String hint(String folder) {
        if ("root".equals(System.getProperty("user.name"))) {
            return null;
        }
        boolean ours = folder.startsWith(System.getProperty("user.home", "/nonexistent") + "/")
                || folder.startsWith("/run/user/");
        return ours
                ? "is it yours? HOME, XDG_RUNTIME_DIR and XDG_DATA_HOME must be your own folders"
                : "jbox needs root for this: sudo jbox ...";
    }
}
