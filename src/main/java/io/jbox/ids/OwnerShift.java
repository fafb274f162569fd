package io.jbox.ids;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.RootfsPath;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.problem.JboxException;
import io.jbox.state.FileLock;
import io.jbox.state.Folders;
import io.jbox.state.ReplacedFile;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Changes the owners of a root file system to the box's ids, for {@code rootfs.options: [shift]}, if the kernel cannot
 * map them; done once and recorded. Without the option it changes them back.
 *
 * <p>An interrupted change is continued: owners that are right already stay. File capabilities are lost (chown(2)).
 */
public final class OwnerShift {
    private final Kernel kernel;
    private final File folder;
    private final Users users;

    /** Knows who uses a tree. */
    public interface Users {
        /**
         * Finds a user of a tree, as a text ({@code box web, which runs, uses /srv/web}).
         *
         * @param range of ids that the tree's files will get; a user that wants the same range does not conflict
         * @return null if there is none
         */
        @Nullable
        String find(String tree, IdMapping range);
    }

    /**
     * @param folder of the records: {@code /var/lib/jbox/.ids}
     * @param users finds boxes that use a tree; the owners of its files must then not be changed
     */
    public OwnerShift(Kernel kernel, String folder, Users users) {
        this.users = users;
        this.kernel = kernel;
        this.folder = new File(folder);
    }

    /**
     * Changes the owners of a box's root file system to its ids, if it asks for that; else changes them back.
     *
     * @param config with its ids
     * @return prevents changes by others while it is open
     * @throws JboxException if an owner cannot be changed
     */
    public Hold bring(Config config) {
        RootfsPath path = config.rootfs().path().get();
        List<String> trees = new ArrayList<>(path.lowers());
        trees.add(path.path());
        List<String> seen = new ArrayList<>(config.hostTrees());
        // A box that sees the whole host cannot rely on any owner.
        seen.remove("/");
        return bring(
                trees,
                seen,
                config.shifts() ? config.namespaces().idmap().get(0).get() : null);
    }

    /**
     * Changes the owners of trees to a range of ids.
     *
     * @param seen the host paths visible to the box: their owners are not changed while it runs
     * @param range of the box; null for the ids inside
     * @throws JboxException if an owner cannot be changed
     */
    Hold bring(List<String> trees, List<String> seen, @Nullable IdMapping range) {
        Folders.make(folder);
        File book = new File(folder, "shifts");
        TreeLocks locks = new TreeLocks(kernel, folder + "/users");
        try {
            if (range == null) {
                share(seen, locks);
                // A process that changes owners makes the record before it looks for users.
                if (!book.exists()) {
                    return new Hold(locks);
                }
                locks.close();
                locks = new TreeLocks(kernel, folder + "/users");
            }
            try (FileLock lock = new FileLock(kernel, folder + "/shifts.lock")) {
                share(seen, locks);
                for (String tree : trees) {
                    bring(real(tree), locks, book, range);
                }
            }
            return new Hold(locks);
        } catch (RuntimeException | Error e) {
            locks.close();
            throw e;
        }
    }

    /** Whether a running box uses a folder as the root of a tree; false if no tree was ever changed. */
    public boolean isUsed(FileStatus tree) {
        String path = folder + "/users";
        if (!OwnProcess.isRoot(kernel) || !new File(path).exists()) {
            return false;
        }
        try (TreeLocks locks = new TreeLocks(kernel, path)) {
            return locks.isUsed(tree);
        }
    }

    private void share(List<String> trees, TreeLocks locks) {
        for (String tree : trees) {
            FileStatus status = FileStatus.of(kernel, tree);
            if (status != null && !locks.share(status)) {
                throw inUse(tree);
            }
        }
    }

    private void bring(String tree, TreeLocks locks, File book, @Nullable IdMapping range) {
        FileStatus status = FileStatus.of(kernel, tree);
        TreeMap<String, List<IdMapping>> shifts = read(book);
        IdMapping target = IdMapping.range(0);
        if (range != null) {
            target = range;
        } else if (!shifts.containsKey(tree)) {
            return;
        }
        List<IdMapping> known = shifts.getOrDefault(tree, List.of());
        if (status == null || known.equals(List.of(target)) && isRight(status, target)) {
            return;
        }
        refuseIfHosts(tree, status);
        refuseIfAmbiguous(tree, known, target);
        write(book, shifts);
        refuseIfUsed(tree, status, locks, target);
        // If this is interrupted, the next attempt knows all ranges that the files may have.
        List<IdMapping> all = new ArrayList<>(known);
        if (!all.contains(target)) {
            all.add(target);
        }
        shifts.put(tree, all);
        write(book, shifts);
        new OwnerWalk(kernel, tree).give(known, target);
        shifts.put(tree, List.of(target));
        if (range == null) {
            shifts.remove(tree);
        }
        write(book, shifts);
        locks.share(status);
    }

    /** Refuses if the tree, a parent or a part of it is in use. */
    private void refuseIfUsed(String tree, FileStatus status, TreeLocks locks, IdMapping target) {
        String user = users.find(tree, target);
        if (user != null) {
            throw new JboxException(
                    tree + ": " + user + ", and its files would change their owners",
                    "give one of them its own root file system, or both the same idmap and rootfs.options");
        }
        if (!locks.claim(status)) {
            throw inUse(tree);
        }
        for (Path above = Path.of(tree).getParent(); above != null; above = above.getParent()) {
            FileStatus other = FileStatus.of(kernel, above.toString());
            if (other != null && locks.isUsed(other)) {
                throw inUse(above.toString());
            }
        }
        String part = new OwnerWalk(kernel, tree).findFolder(locks::isUsed);
        if (part != null) {
            throw inUse(part);
        }
    }

    private static JboxException inUse(String tree) {
        return new JboxException(
                tree + ": is in use, and its files would change their owners",
                "the box or jbox run that uses it must end first, or have the same idmap and rootfs.options");
    }

    /** Whether the owners are right already; a recreated tree has its original owners. */
    private static boolean isRight(FileStatus top, IdMapping target) {
        long owner = top.uid().number();
        return owner >= target.outside() && owner < target.outside() + target.count();
    }

    /** Resolves links, so that each tree has one record. */
    private static String real(String path) {
        try {
            return Path.of(path).toRealPath().toString();
        } catch (IOException | InvalidPathException e) {
            return path;
        }
    }

    /** Refuses a tree that the host itself runs from, under any path. */
    private void refuseIfHosts(String tree, FileStatus status) {
        FileStatus root = FileStatus.of(kernel, "/");
        boolean hosts = root != null && root.isSameAs(status);
        for (String own : List.of("/usr", "/etc", "/var", "/home", folder.getPath())) {
            FileStatus there = FileStatus.of(kernel, own);
            hosts |= there != null
                    && (there.isSameAs(status) || Path.of(real(own)).startsWith(tree));
        }
        if (hosts) {
            throw new JboxException(
                    "rootfs.options: shift: " + tree + ": is part of this host's own system",
                    "use a copy of it, or \"idmap: none\"");
        }
    }

    /**
     * Refuses ranges that overlap, because an id in two ranges would be ambiguous, and paths with a line break, because
     * the record has a line per tree.
     */
    private static void refuseIfAmbiguous(String tree, List<IdMapping> known, IdMapping target) {
        if (tree.indexOf('\n') >= 0) {
            throw new JboxException("rootfs.options: shift: the path contains a line break");
        }
        for (IdMapping range : known) {
            boolean overlaps = range.outside() < target.outside() + target.count()
                    && target.outside() < range.outside() + range.count();
            if (overlaps && !range.equals(target)) {
                throw new JboxException(
                        "rootfs.options: shift: " + tree + ": its files have ids from " + range.outside() + " to "
                                + (range.outside() + range.count() - 1) + ", which overlap with the new ones",
                        "first start a box on it without shift: that restores the original owners");
            }
        }
    }

    private static TreeMap<String, List<IdMapping>> read(File book) {
        TreeMap<String, List<IdMapping>> shifts = new TreeMap<>();
        try {
            for (String line : Files.readAllLines(book.toPath(), StandardCharsets.UTF_8)) {
                int space = line.indexOf(' ');
                List<IdMapping> ranges = new ArrayList<>();
                for (String range : line.substring(0, Math.max(0, space)).split(",")) {
                    int plus = Math.max(0, range.indexOf('+'));
                    ranges.add(new IdMapping(
                            'b',
                            0,
                            Long.parseLong(range.substring(0, plus)),
                            Long.parseLong(range.substring(plus + 1))));
                }
                shifts.put(line.substring(space + 1), ranges);
            }
        } catch (NoSuchFileException e) {
            return shifts;
        } catch (IOException | NumberFormatException e) {
            throw new JboxException(
                    book + ": cannot be read; it records the owners of root file systems",
                    "its lines are FIRST+COUNT[,FIRST+COUNT...] PATH");
        }
        return shifts;
    }

    private void write(File book, TreeMap<String, List<IdMapping>> shifts) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, List<IdMapping>> shift : shifts.entrySet()) {
            List<String> ranges = new ArrayList<>();
            for (IdMapping range : shift.getValue()) {
                ranges.add(range.outside() + "+" + range.count());
            }
            text.append(String.join(",", ranges))
                    .append(' ')
                    .append(shift.getKey())
                    .append('\n');
        }
        ReplacedFile.write(
                kernel, book + ".new", book.getPath(), text.toString().getBytes(StandardCharsets.UTF_8), true);
    }

    /**
     * Locks a folder exclusively for removal: no process can start to use it, or anything in it, while the hold is
     * open.
     *
     * @throws JboxException if it or a part of it is in use
     */
    public Hold alone(String tree) {
        Folders.make(folder);
        TreeLocks locks = new TreeLocks(kernel, folder + "/users");
        try {
            List<String> parts = new ArrayList<>(List.of(tree));
            File[] below = new File(tree).listFiles(File::isDirectory);
            for (File part : below == null ? new File[0] : below) {
                parts.add(part.getPath());
            }
            for (String part : parts) {
                FileStatus status = FileStatus.of(kernel, part);
                if (status != null && !locks.claim(status)) {
                    throw usedByAnother(part);
                }
            }
            String part = new OwnerWalk(kernel, tree).findFolder(locks::isUsed);
            if (part != null) {
                throw usedByAnother(part);
            }
            return new Hold(locks);
        } catch (RuntimeException | Error e) {
            locks.close();
            throw e;
        }
    }

    private static JboxException usedByAnother(String tree) {
        return new JboxException(tree + ": is in use, by a box or a jbox run", "it must end first");
    }

    /** Prevents the owners of trees from being changed while they are used. */
    public static final class Hold implements AutoCloseable {
        private final TreeLocks locks;

        private Hold(TreeLocks locks) {
            this.locks = locks;
        }

        /** Duplicates the descriptor that holds the locks, for another holder. */
        public Fd copy() {
            return locks.copy();
        }

        @Override
        public void close() {
            locks.close();
        }
    }
}
