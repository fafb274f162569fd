package io.jbox.ids;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.RootfsPath;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxRecord;
import io.jbox.state.FileLock;
import io.jbox.state.ProcessId;
import io.jbox.state.ReplacedFile;
import io.jbox.state.StateFolder;
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
    private final StateFolder boxes;

    /**
     * @param folder where it is written down: {@code /var/lib/jbox/.ids}
     * @param boxes whose files are not given away while they run
     */
    public OwnerShift(Kernel kernel, String folder, StateFolder boxes) {
        this.boxes = boxes;
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
        if (!path.isOverlay()) {
            return bring(
                    List.of(path.path()),
                    config.shifts() ? config.idmap().get(0).get() : null);
        }
        // Whoever writes to the upper folder locks it for itself.
        File book = new File(folder, "shifts");
        if (book.exists() && read(book).containsKey(real(path.path()))) {
            bring(List.of(path.path()), null).close();
        }
        return bring(path.lowers(), null);
    }

    /**
     * Gives trees' files to a range of ids.
     *
     * @param range of the box; null for the ids that they have inside
     * @throws JboxException if one cannot be given
     */
    Hold bring(List<String> trees, @Nullable IdMapping range) {
        File book = new File(folder, "shifts");
        Hold hold = new Hold();
        try {
            if (range == null) {
                share(trees, hold);
                if (!book.exists()) {
                    return hold;
                }
                hold.close();
                hold = new Hold();
            }
            if (!folder.isDirectory() && !folder.mkdirs() && !folder.isDirectory()) {
                throw new JboxException(folder + ": cannot be made");
            }
            try (FileLock lock = new FileLock(kernel, folder + "/shifts.lock")) {
                share(trees, hold);
                for (TreeLock tree : hold.locks) {
                    bring(tree, book, range);
                }
            }
            return hold;
        } catch (RuntimeException | Error e) {
            hold.close();
            throw e;
        }
    }

    private void share(List<String> trees, Hold hold) {
        for (String tree : trees) {
            TreeLock lock = TreeLock.share(kernel, real(tree));
            if (lock != null) {
                hold.locks.add(lock);
            }
        }
    }

    private void bring(TreeLock lock, File book, @Nullable IdMapping range) {
        String tree = lock.tree();
        TreeMap<String, List<IdMapping>> shifts = read(book);
        IdMapping target = IdMapping.range(0);
        if (range != null) {
            target = range;
        } else if (!shifts.containsKey(tree)) {
            return;
        }
        List<IdMapping> known = shifts.getOrDefault(tree, List.of());
        if (known.equals(List.of(target)) && isRight(tree, target)) {
            return;
        }
        refuseIfAmbiguous(tree, known, target);
        refuseIfBoxRuns(tree);
        lock.claim();
        // Where it is cut short, whoever goes on knows of all that its files may have.
        List<IdMapping> all = new ArrayList<>(known);
        if (!all.contains(target)) {
            all.add(target);
        }
        shifts.put(tree, all);
        write(book, shifts);
        new OwnerWalk(kernel, tree, known, target).run();
        shifts.put(tree, List.of(target));
        if (range == null) {
            shifts.remove(tree);
        }
        write(book, shifts);
        lock.release();
    }

    /** A tree that was made anew has the owners that it was made with. */
    private boolean isRight(String tree, IdMapping target) {
        FileStatus top = FileStatus.of(kernel, tree);
        return top != null && top.uid() >= target.outside() && top.uid() < target.outside() + target.count();
    }

    /** One tree has one entry, whatever leads to it. */
    private static String real(String path) {
        try {
            return Path.of(path).toRealPath().toString();
        } catch (IOException | InvalidPathException e) {
            return path;
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

    /** Its lock tells that a tree is in use; the records, by which box. */
    private void refuseIfBoxRuns(String tree) {
        for (String box : boxes.names()) {
            try {
                BoxRecord record = boxes.read(box);
                ProcessId init = record == null ? null : record.init();
                if (record != null
                        && init != null
                        && init.isAlive()
                        && real(record.spec().rootfs()).equals(tree)) {
                    throw new JboxException(
                            tree + ": box " + box + " is using it, and its files would have other owners",
                            "jbox stop " + box + "; or the same idmap and rootfs.options for both");
                }
            } catch (StateFolder.DamagedException e) {
                continue; // whoever starts that box is told
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

    /** Keeps trees from being given to other owners while they are used. */
    public static final class Hold implements AutoCloseable {
        private final List<TreeLock> locks = new ArrayList<>();

        private Hold() {}

        @Override
        public void close() {
            locks.forEach(TreeLock::close);
        }
    }
}
