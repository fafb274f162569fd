package io.jbox.host;

import io.jbox.kernel.MountTable;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
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
 * Removes trees of files by descriptor (openat(2), unlinkat(2)): if a folder is replaced by a symbolic link meanwhile,
 * only the link is removed, and not its target. Mounts below are never entered.
 */
public final class FileTree {
    private FileTree() {}

    /** The mount points below a folder. */
    static List<String> mountsBelow(Path folder) {
        try {
            return mountsBelow(folder.toRealPath().toString(), MountTable.read("self"));
        } catch (IOException e) {
            throw new JboxException(folder + ": " + SystemError.of(e));
        }
    }

    static List<String> mountsBelow(String folder, List<MountTable.Mount> all) {
        List<String> mounts = new ArrayList<>();
        for (MountTable.Mount mount : all) {
            if (mount.point().startsWith(folder + "/")) {
                mounts.add(mount.point());
            }
        }
        return mounts;
    }

    /**
     * Removes a folder and what is in it.
     *
     * @throws JboxException if something is mounted in it, or cannot be removed
     */
    public static void remove(Path folder) {
        List<String> mounts = mountsBelow(folder);
        if (!mounts.isEmpty()) {
            throw new JboxException(folder + ": something is mounted on " + mounts.get(0), "umount it first");
        }
        try (DirectoryStream<Path> above = Files.newDirectoryStream(folder.getParent())) {
            if (!(above instanceof SecureDirectoryStream<Path> secure)) {
                throw new JboxException(folder + ": this JVM cannot remove it safely");
            }
            new Removal(secure, folder.getFileName()).run();
        } catch (IOException e) {
            throw new JboxException(folder + ": cannot be removed: " + SystemError.of(e));
        }
    }

    /**
     * One tree. A box may have made it arbitrarily deep: folders too deep for the available descriptors are moved up
     * first.
     */
    private static final class Removal {
        private static final int DEPTH = 64;

        private final SecureDirectoryStream<Path> above;
        private final Path name;
        private int moved;

        Removal(SecureDirectoryStream<Path> above, Path name) {
            this.above = above;
            this.name = name;
        }

        void run() throws IOException {
            if (isFolder(above, name)) {
                int before;
                do {
                    before = moved;
                    try (SecureDirectoryStream<Path> top = above.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                        for (Path child : top) {
                            remove(top, top, child.getFileName(), 0);
                        }
                    }
                } while (moved > before);
                above.deleteDirectory(name);
            } else {
                above.deleteFile(name);
            }
        }

        private static boolean isFolder(SecureDirectoryStream<Path> folder, Path name) throws IOException {
            return folder.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .readAttributes()
                    .isDirectory();
        }

        private void remove(SecureDirectoryStream<Path> top, SecureDirectoryStream<Path> parent, Path child, int depth)
                throws IOException {
            if (!isFolder(parent, child)) {
                parent.deleteFile(child);
                return;
            }
            if (depth == DEPTH) {
                // A name that the box cannot have predicted, and so cannot have used.
                Path free = Path.of(".jbox-" + System.nanoTime() + "-" + moved++);
                parent.move(child, top, free);
                return;
            }
            try (SecureDirectoryStream<Path> folder = parent.newDirectoryStream(child, LinkOption.NOFOLLOW_LINKS)) {
                for (Path below : folder) {
                    remove(top, folder, below.getFileName(), depth + 1);
                }
            }
            parent.deleteDirectory(child);
        }
    }
}
