package io.jbox;

import io.jbox.problem.JboxException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.util.ArrayList;
import java.util.List;

/**
 * Removes trees of files by descriptor (openat(2), unlinkat(2)): whoever swaps a folder for a symbolic link meanwhile
 * loses that link, and nothing that it leads to. What is mounted below is never entered.
 */
final class FileTree {
    private FileTree() {}

    /** The mount points below a folder. */
    static List<String> mountsBelow(Path folder) {
        List<String> mounts = new ArrayList<>();
        try {
            String prefix = folder.toRealPath() + "/";
            for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
                String target = line.split(" ", 6)[4].replace("\\040", " ");
                if (target.startsWith(prefix)) {
                    mounts.add(target);
                }
            }
        } catch (IOException e) {
            throw new JboxException(folder + ": " + e.getMessage());
        }
        return mounts;
    }

    /**
     * Removes a folder and what is in it.
     *
     * @throws JboxException if something is mounted in it, or cannot be removed
     */
    static void remove(Path folder) {
        List<String> mounts = mountsBelow(folder);
        if (!mounts.isEmpty()) {
            throw new JboxException(folder + ": something is mounted on " + mounts.get(0), "umount it first");
        }
        Path parent = folder.getParent();
        try (DirectoryStream<Path> above = Files.newDirectoryStream(parent)) {
            if (!(above instanceof SecureDirectoryStream<Path> secure)) {
                throw new JboxException(folder + ": this JVM cannot remove it safely");
            }
            remove(secure, folder.getFileName());
        } catch (IOException e) {
            throw new JboxException(folder + ": cannot be removed: " + e.getMessage());
        }
    }

    private static void remove(SecureDirectoryStream<Path> parent, Path name) throws IOException {
        boolean isFolder = parent.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes()
                .isDirectory();
        if (!isFolder) {
            parent.deleteFile(name);
            return;
        }
        try (SecureDirectoryStream<Path> folder = parent.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
            for (Path child : folder) {
                remove(folder, child.getFileName());
            }
        }
        parent.deleteDirectory(name);
    }
}
