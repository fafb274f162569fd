package io.jbox.ids;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.RootfsPath;
import io.jbox.kernel.Constants;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Syscall;
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
 * {@code rootfs.options: [shift]}: the files of a root file system are given to the box's ids where the kernel cannot map
 * their owners, once; which ids they have is written down. Without the option they are given back.
 *
 * <p>What is cut short is taken up again: an owner that is right already stays. Capabilities of files are lost (chown(2)).
 */
public final class OwnerShift {
    private final Kernel kernel;
    private final File folder;
    private final Users users;

    /** Knows who uses a tree. */
    public interface Users {
        /**
         * Somebody who uses a tree, in words ({@code box web, which runs, uses /srv/web}).
         *
         * @param range of ids that the tree's files are to have: who wants the same is in nobody's way
         * @return null if there is nobody
         */
        @Nullable
        String find(String tree, IdMapping range);
    }

    /**
     * @param folder where it is written down: {@code /var/lib/jbox/.ids}
     * @param users whose files are not given away
     */
    public OwnerShift(Kernel kernel, String folder, Users users) {
        this.users = users;
        this.kernel = kernel;
        this.folder = new File(folder);
    }

    /**
     * Gives the files of a box's root file system to its ids, if it asks for that; else gives back what was given.
     *
     * @param config with its ids
     * @return as long as it is open, nobody gives them to others
     * @throws JboxException if one cannot be given
     */
    public Hold bring(Config config) {
        RootfsPath path = config.rootfs().path().get();
        List<String> trees = new ArrayList<>(path.lowers());
        trees.add(path.path());
        List<String> seen = new ArrayList<>(config.hostTrees());
        // Who has all of the host cannot count on anything.
        seen.remove("/");
        return bring(trees, seen, config.shifts() ? config.idmap().get(0).get() : null);
    }

    /**
     * Gives trees' files to a range of ids.
     *
     * @param seen what the box has of the host's files: nobody gives that to others while it runs
     * @param range of the box; null for the ids that they have inside
     * @throws JboxException if one cannot be given
     */
    Hold bring(List<String> trees, List<String> seen, @Nullable IdMapping range) {
        Folders.make(folder);
        File book = new File(folder, "shifts");
        TreeLocks locks = new TreeLocks(kernel, folder + "/users");
        try {
            if (range == null) {
                share(seen, locks);
                // Whoever gives files away makes the book before it looks who uses them.
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

    /** Whether a box that runs has a folder as the uppermost of a tree; false where nobody has ever had one. */
    public boolean isUsed(FileStatus tree) {
        String path = folder + "/users";
        if (kernel.call(Syscall.GETEUID) != 0 || !new File(path).exists()) {
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
        // Where it is cut short, whoever goes on knows of all that its files may have.
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

    /** A tree is also in use with one that it is part of, or that is part of it. */
    private void refuseIfUsed(String tree, FileStatus status, TreeLocks locks, IdMapping target) {
        String user = users.find(tree, target);
        if (user != null) {
            throw new JboxException(
                    tree + ": " + user + ", and its files would have other owners",
                    "one of both with a root file system of its own; or the same idmap and rootfs.options for both");
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
                tree + ": is in use, and its files would have other owners",
                "a box that has it as its root file system, or a jbox run, must end first, or have the same idmap and"
                        + " rootfs.options");
    }

    /** A tree that was made anew has the owners that it was made with. */
    private static boolean isRight(FileStatus top, IdMapping target) {
        return top.uid() >= target.outside() && top.uid() < target.outside() + target.count();
    }

    /** One tree has one entry, whatever leads to it. */
    private static String real(String path) {
        try {
            return Path.of(path).toRealPath().toString();
        } catch (IOException | InvalidPathException e) {
            return path;
        }
    }

    /** A tree that this host itself runs from is nobody's to give away, by whatever path it is reached. */
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
                    "rootfs.options: shift: " + tree + ": is a part of this host's own system",
                    "a copy of it, or \"idmap: none\"");
        }
    }

    /** Whose an id in two ranges is nobody could tell; and the book has a line for each tree. */
    private static void refuseIfAmbiguous(String tree, List<IdMapping> known, IdMapping target) {
        if (tree.indexOf('\n') >= 0) {
            throw new JboxException("rootfs.options: shift: a path with a line break in it");
        }
        for (IdMapping range : known) {
            boolean overlaps = range.outside() < target.outside() + target.count()
                    && target.outside() < range.outside() + range.count();
            if (overlaps && !range.equals(target)) {
                throw new JboxException(
                        "rootfs.options: shift: " + tree + ": its files have ids from " + range.outside() + " to "
                                + (range.outside() + range.count() - 1) + ", which overlap with the new ones",
                        "start a box on it without shift first: that gives them back");
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
                    book + ": cannot be read, and says whose the files of root file systems are",
                    "lines of FIRST+COUNT[,FIRST+COUNT...] PATH");
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
     * Takes a folder alone, to remove it: nobody can begin to use it, or what is right in it, as long as the hold is open.
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

    /** Keeps trees from being given to other owners while they are used. */
    public final class Hold implements AutoCloseable {
        private final TreeLocks locks;

        private Hold(TreeLocks locks) {
            this.locks = locks;
        }

        /** A copy of the descriptor that holds them, for who goes on with it. */
        public int copy() {
            return (int) kernel.call(Syscall.FCNTL, locks.descriptor(), Constants.F_DUPFD_CLOEXEC, 3);
        }

        @Override
        public void close() {
            locks.close();
        }
    }
}
