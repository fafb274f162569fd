package io.jbox.ids;

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
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the files of a tree to change their owners.
 *
 * <p>Every file is opened first and never by a path of more than one name, and the way back up must lead to the folder
 * that it came from: moving folders meanwhile cannot lead the walk out of the tree. A box may have made the tree
 * arbitrarily deep: only one folder is open at a time.
 */
final class OwnerWalk {
    private static final int BUFFER = 32 * 1024;
    private static final int SETUID_SETGID = 06000;
    private static final int RECORD_LENGTH = 16;
    private static final int NAME = 19;
    /** Including the terminating NUL. */
    private static final int MAX_NAME = 256;

    private static final byte[] HERE = {'.'};
    private static final byte[] ABOVE = {'.', '.'};

    private final Kernel kernel;
    private final String tree;
    private final Deque<Level> levels = new ArrayDeque<>();
    /** The current folder. */
    private int directory = -1;

    /** The current folder or one above it, with the names left to visit in it. */
    private record Level(FileStatus status, byte[] name, Deque<byte[]> names) {}

    OwnerWalk(Kernel kernel, String tree) {
        this.kernel = kernel;
        this.tree = tree;
    }

    /**
     * Changes the owners of all files.
     *
     * @param before ranges that they may have had
     * @throws JboxException if an owner cannot be changed
     */
    void give(List<IdMapping> before, IdMapping target) {
        run(new Giving(before, target));
    }

    /** Finds a folder in the tree that meets a condition; returns its path, or null. */
    @Nullable
    String findFolder(Predicate<FileStatus> condition) {
        Finding finding = new Finding(condition);
        run(finding);
        return finding.found;
    }

    /** What to do with each file; folders are visited when they are left. */
    private interface Visit {
        void visit(int file, FileStatus status);

        /** Whether to continue. */
        default boolean goesOn() {
            return true;
        }
    }

    private final class Finding implements Visit {
        private final Predicate<FileStatus> condition;
        private @Nullable String found;

        Finding(Predicate<FileStatus> condition) {
            this.condition = condition;
        }

        @Override
        public void visit(int file, FileStatus status) {
            if (status.type() == Constants.S_IFDIR && levels.size() > 1 && condition.test(status)) {
                found = path();
            }
        }

        @Override
        public boolean goesOn() {
            return found == null;
        }
    }

    private void run(Visit visit) {
        try {
            enter(open(Constants.AT_FDCWD, tree.getBytes(StandardCharsets.UTF_8), folderFlags()), new byte[0]);
            while (!levels.isEmpty() && visit.goesOn()) {
                byte[] name = levels.element().names().poll();
                if (name == null) {
                    leave(visit);
                } else {
                    take(name, visit);
                }
            }
        } finally {
            if (directory >= 0) {
                kernel.call(Syscall.CLOSE, directory);
            }
        }
    }

    private void enter(int folder, byte[] name) {
        if (directory >= 0) {
            kernel.call(Syscall.CLOSE, directory);
        }
        directory = folder;
        levels.push(new Level(status(folder), name, new ArrayDeque<>()));
        list();
    }

    private final class Giving implements Visit {
        private final List<IdMapping> before;
        private final long after;
        private final long count;

        Giving(List<IdMapping> before, IdMapping target) {
            this.before = before;
            this.after = target.outside();
            this.count = target.count();
        }

        @Override
        public void visit(int file, FileStatus status) {
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
                check(chown.result(), "chown");
                if (status.type() == Constants.S_IFREG && (status.permissions() & SETUID_SETGID) != 0) {
                    Op chmod = program.op(
                                    Syscall.FCHMODAT,
                                    Constants.AT_FDCWD,
                                    program.text("/proc/self/fd/" + file),
                                    status.permissions())
                            .next(0);
                    kernel.walk(chmod.address());
                    check(chmod.result(), "chmod");
                }
            }
        }

        private boolean isRight(long id) {
            return id >= after && id < after + count;
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
            return id < count ? id + after : id;
        }
    }

    /** Visits a folder after everything in it. */
    private void leave(Visit visit) {
        visit.visit(directory, levels.element().status());
        levels.pop();
        if (levels.isEmpty()) {
            return;
        }
        int above = open(directory, ABOVE, folderFlags());
        kernel.call(Syscall.CLOSE, directory);
        directory = above;
        FileStatus status = status(above);
        FileStatus expected = levels.element().status();
        if (status.inode() != expected.inode() || status.device() != expected.device()) {
            throw new JboxException(
                    "rootfs.options: shift: " + path() + ": was moved in the meantime", "start it again");
        }
    }

    /** Visits a file in the current folder, unless it is a mount point. */
    private void take(byte[] name, Visit visit) {
        long noFollow = Constants.value("O_PATH", kernel.processor())
                | Constants.O_CLOEXEC
                | Constants.value("O_NOFOLLOW", kernel.processor());
        int file = openHere(name, noFollow);
        if (file < 0) {
            return;
        }
        try {
            FileStatus status = status(file);
            if (status.type() == Constants.S_IFDIR) {
                enter(open(file, HERE, folderFlags()), name);
            } else {
                visit.visit(file, status);
            }
        } finally {
            kernel.call(Syscall.CLOSE, file);
        }
    }

    private long folderFlags() {
        return Constants.O_RDONLY | Constants.O_CLOEXEC | Constants.value("O_DIRECTORY", kernel.processor());
    }

    private FileStatus status(int file) {
        FileStatus status = FileStatus.of(kernel, file);
        if (status == null) {
            throw new JboxException("rootfs.options: shift: " + path() + ": cannot be read");
        }
        return status;
    }

    /** Opens a file of any file system that is not a mount point (openat2(2)); -1 for a mount point. */
    private int openHere(byte[] name, long flags) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long how = program.words(flags, 0, Constants.RESOLVE_NO_XDEV);
            Op op = program.op(
                            Syscall.OPENAT2,
                            directory,
                            program.bytes(Arrays.copyOf(name, name.length + 1)),
                            how,
                            3 * Long.BYTES)
                    .next(0);
            kernel.walk(op.address());
            return op.result() == -Errno.EXDEV ? -1 : (int) check(op.result(), "open");
        }
    }

    private int open(int folder, byte[] name, long flags) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.OPENAT, folder, program.bytes(Arrays.copyOf(name, name.length + 1)), flags)
                    .next(0);
            kernel.walk(op.address());
            return (int) check(op.result(), "open");
        }
    }

    /** Lists the current folder, as bytes, because a name need not be UTF-8. */
    private void list() {
        Deque<byte[]> names = levels.element().names();
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            // With room to read the last name at maximum length.
            long buffer = program.space(BUFFER + MAX_NAME);
            Op op = program.op(Syscall.GETDENTS64, directory, buffer, BUFFER).next(0);
            while (true) {
                kernel.walk(op.address());
                long length = check(op.result(), "getdents64");
                if (length == 0) {
                    return;
                }
                for (long at = 0; at < length; ) {
                    int record = program.readInt(buffer + at + RECORD_LENGTH) & 0xffff;
                    byte[] name = name(program, buffer + at + NAME);
                    if (!Arrays.equals(name, HERE) && !Arrays.equals(name, ABOVE)) {
                        names.add(name);
                    }
                    at += record;
                }
            }
        }
    }

    private static byte[] name(Program program, long address) {
        int length = 0;
        byte[] name = program.read(address, MAX_NAME);
        while (name[length] != 0) {
            length++;
        }
        return Arrays.copyOf(name, length);
    }

    /** The current path, for messages. */
    private String path() {
        List<String> names = new ArrayList<>();
        for (Level level : levels) {
            names.add(0, new String(level.name(), StandardCharsets.UTF_8));
        }
        return tree + String.join("/", names);
    }

    private long check(long result, String call) {
        if (result < 0) {
            throw new JboxException(
                    "rootfs.options: shift: " + path() + ": " + call + ": " + Errno.describe((int) -result));
        }
        return result;
    }
}
