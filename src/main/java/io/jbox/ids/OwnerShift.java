package io.jbox.ids;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code rootfs.options: [shift]}: the files of a root file system are given to the box's ids where the kernel cannot map
 * their owners, once; which ids they have is written down. Without the option they are given back.
 *
 * <p>Every file is opened first and never by a path of more than one name, so that a box that runs cannot lead us out of its
 * root. What is cut short is taken up again: an owner that is right already stays. Capabilities of files are lost (chown(2)).
 */
public final class OwnerShift {
    private static final int BUFFER = 32 * 1024;
    private static final int SETUID_SETGID = 06000;
    private static final int RECORD_LENGTH = 16;
    private static final int NAME = 19;
    /** With the byte that ends it. */
    private static final int MAX_NAME = 256;

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
     * @return how many files have another owner now
     * @throws JboxException if one cannot be given
     */
    public long bring(Config config) {
        String tree = real(config.rootfs().path().get().path());
        return bring(tree, config.shifts() ? config.idmap().get(0).get() : null);
    }

    /**
     * Gives a tree's files to a range of ids.
     *
     * @param range of the box; null for the ids that they have inside
     * @return how many files have another owner now
     * @throws JboxException if one cannot be given
     */
    long bring(String tree, @Nullable IdMapping range) {
        File book = new File(folder, "shifts");
        long first = range == null ? 0 : range.outside();
        if (first == 0 && !book.exists()) {
            return 0;
        }
        if (!folder.isDirectory() && !folder.mkdirs() && !folder.isDirectory()) {
            throw new JboxException(folder + ": cannot be made");
        }
        try (FileLock lock = new FileLock(kernel, folder + "/shifts.lock")) {
            TreeMap<String, List<IdMapping>> shifts = read(book);
            if (first == 0 && !shifts.containsKey(tree)) {
                return 0;
            }
            IdMapping target = IdMapping.range(0);
            if (range != null) {
                target = range;
            }
            List<IdMapping> known = shifts.getOrDefault(tree, List.of());
            Walk walk = new Walk(known, target);
            if (known.equals(List.of(target)) && walk.isRight(FileStatus.of(kernel, tree))) {
                return 0;
            }
            refuseIfAmbiguous(tree, known, target);
            refuseIfInUse(tree);
            // Where it is cut short, whoever goes on knows of all that its files may have.
            List<IdMapping> all = new ArrayList<>(known);
            all.add(target);
            shifts.put(tree, all);
            write(book, shifts);
            walk.tree(tree);
            shifts.put(tree, List.of(target));
            if (first == 0) {
                shifts.remove(tree);
            }
            write(book, shifts);
            return walk.given;
        }
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

    private void refuseIfInUse(String tree) {
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

    /** One pass over a tree. */
    private final class Walk {
        private final List<IdMapping> before;
        private final long after;
        private final long count;
        private long given;

        Walk(List<IdMapping> before, IdMapping target) {
            this.before = before;
            this.after = target.outside();
            this.count = target.count();
        }

        void tree(String path) {
            long flags = Constants.value("O_PATH", kernel.processor())
                    | Constants.O_CLOEXEC
                    | Constants.value("O_DIRECTORY", kernel.processor());
            int top = open(Constants.AT_FDCWD, path.getBytes(StandardCharsets.UTF_8), flags, path);
            try {
                FileStatus status = FileStatus.of(kernel, top);
                if (status != null) {
                    below(top, path);
                    give(top, status, path);
                }
            } finally {
                kernel.call(Syscall.CLOSE, top);
            }
        }

        /** What is in a folder; what is mounted there belongs to somebody else. */
        private void below(int place, String path) {
            long flags = Constants.O_RDONLY | Constants.O_CLOEXEC | Constants.value("O_DIRECTORY", kernel.processor());
            int directory = open(place, new byte[] {'.'}, flags, path);
            try {
                for (byte[] name : names(directory, path)) {
                    String shown = path + "/" + new String(name, StandardCharsets.UTF_8);
                    long noFollow = Constants.value("O_PATH", kernel.processor())
                            | Constants.O_CLOEXEC
                            | Constants.value("O_NOFOLLOW", kernel.processor());
                    int file = openHere(directory, name, noFollow, shown);
                    if (file < 0) {
                        continue;
                    }
                    try {
                        FileStatus status = FileStatus.of(kernel, file);
                        if (status != null) {
                            if (status.type() == Constants.S_IFDIR) {
                                below(file, shown);
                            }
                            give(file, status, shown);
                        }
                    } finally {
                        kernel.call(Syscall.CLOSE, file);
                    }
                }
            } finally {
                kernel.call(Syscall.CLOSE, directory);
            }
        }

        private void give(int file, FileStatus status, String path) {
            long uid = owner(status.uid());
            long gid = owner(status.gid());
            if (uid == status.uid() && gid == status.gid()) {
                return;
            }
            try (Arena arena = kernel.arena()) {
                Program program = arena.program();
                Op chown = program.op(Syscall.FCHOWNAT, file, program.text(""), uid, gid, Constants.AT_EMPTY_PATH)
                        .next(0);
                kernel.walk(chown.address());
                check(chown.result(), "chown", path);
                given++;
                if (status.type() == Constants.S_IFREG && (status.permissions() & SETUID_SETGID) != 0) {
                    Op chmod = program.op(
                                    Syscall.FCHMODAT,
                                    Constants.AT_FDCWD,
                                    program.text("/proc/self/fd/" + file),
                                    status.permissions())
                            .next(0);
                    kernel.walk(chmod.address());
                    check(chmod.result(), "chmod", path);
                }
            }
        }

        private boolean isRight(long id) {
            return id >= after && id < after + count;
        }

        /** A tree that was made anew has the owners that it was made with. */
        boolean isRight(@Nullable FileStatus top) {
            return top != null && isRight(top.uid());
        }

        private long owner(long id) {
            if (isRight(id)) {
                return id;
            }
            for (IdMapping range : before) {
                if (id >= range.outside() && id < range.outside() + range.count()) {
                    return id - range.outside() + after;
                }
            }
            if (id < count) {
                return id + after;
            }
            return id;
        }

        /** Opens what is no mount, of whatever file system (openat2(2)); -1 for one. */
        private int openHere(int folder, byte[] name, long flags, String path) {
            try (Arena arena = kernel.arena()) {
                Program program = arena.program();
                long how = program.words(flags, 0, Constants.RESOLVE_NO_XDEV);
                Op op = program.op(
                                Syscall.OPENAT2,
                                folder,
                                program.bytes(Arrays.copyOf(name, name.length + 1)),
                                how,
                                3 * Long.BYTES)
                        .next(0);
                kernel.walk(op.address());
                return op.result() == -Errno.EXDEV ? -1 : (int) check(op.result(), "open", path);
            }
        }

        private int open(int folder, byte[] name, long flags, String path) {
            try (Arena arena = kernel.arena()) {
                Program program = arena.program();
                Op op = program.op(Syscall.OPENAT, folder, program.bytes(Arrays.copyOf(name, name.length + 1)), flags)
                        .next(0);
                kernel.walk(op.address());
                return (int) check(op.result(), "open", path);
            }
        }

        /** As bytes: a name needs not be UTF-8. */
        private List<byte[]> names(int directory, String path) {
            List<byte[]> names = new ArrayList<>();
            try (Arena arena = kernel.arena()) {
                Program program = arena.program();
                // So much more that the last name can be read as if it were the longest.
                long buffer = program.space(BUFFER + MAX_NAME);
                Op op = program.op(Syscall.GETDENTS64, directory, buffer, BUFFER)
                        .next(0);
                while (true) {
                    kernel.walk(op.address());
                    long length = check(op.result(), "getdents64", path);
                    if (length == 0) {
                        return names;
                    }
                    for (long at = 0; at < length; ) {
                        int record = program.readInt(buffer + at + RECORD_LENGTH) & 0xffff;
                        byte[] name = name(program, buffer + at + NAME);
                        if (!Arrays.equals(name, new byte[] {'.'}) && !Arrays.equals(name, new byte[] {'.', '.'})) {
                            names.add(name);
                        }
                        at += record;
                    }
                }
            }
        }

        private byte[] name(Program program, long address) {
            int length = 0;
            byte[] name = program.read(address, MAX_NAME);
            while (name[length] != 0) {
                length++;
            }
            return Arrays.copyOf(name, length);
        }

        private long check(long result, String call, String path) {
            if (result < 0) {
                throw new JboxException(
                        "rootfs.options: shift: " + path + ": " + call + ": " + Errno.describe((int) -result));
            }
            return result;
        }
    }
}
