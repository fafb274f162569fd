package io.jbox.ids;

import io.jbox.config.IdMapping;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.FolderCalls;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.number.HostGid;
import io.jbox.number.HostUid;
import io.jbox.problem.JboxException;
import io.jbox.problem.RawText;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
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
    private static final int SETUID_SETGID = 06000;

    private final Kernel kernel;
    private final String tree;
    private final Deque<Level> levels = new ArrayDeque<>();
    /** The current folder. */
    private @Nullable Fd directory;

    /** The current folder or one above it, with the names left to visit in it. */
    private record Level(FileStatus status, String name, Deque<String> names) {}

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
        void visit(Fd file, FileStatus status);

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
        public void visit(Fd file, FileStatus status) {
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
            enter(openTree(), "");
            while (!levels.isEmpty() && visit.goesOn()) {
                String name = levels.element().names().poll();
                if (name == null) {
                    leave(visit);
                } else {
                    take(name, visit);
                }
            }
        } finally {
            if (directory != null) {
                directory.close();
            }
        }
    }

    private Fd openTree() {
        try {
            return PathCalls.open(kernel, tree, folderFlags());
        } catch (KernelException e) {
            throw failed("open", e);
        }
    }

    private void enter(Fd folder, String name) {
        moveTo(folder);
        Level level = new Level(status(folder), name, new ArrayDeque<>());
        levels.push(level);
        try {
            level.names().addAll(FolderCalls.names(folder));
        } catch (KernelException e) {
            throw failed("getdents64", e);
        }
    }

    private void moveTo(Fd folder) {
        if (directory != null) {
            directory.close();
        }
        directory = folder;
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
        public void visit(Fd file, FileStatus status) {
            HostUid uid = new HostUid(owner(status.uid().number()));
            HostGid gid = new HostGid(owner(status.gid().number()));
            if (uid.equals(status.uid()) && gid.equals(status.gid())) {
                return;
            }
            try {
                FileCalls.changeOwner(file, uid, gid);
            } catch (KernelException e) {
                throw failed("chown", e);
            }
            if (status.type() == Constants.S_IFREG && (status.permissions() & SETUID_SETGID) != 0) {
                giveBackBits(file, status.permissions());
            }
        }

        /**
         * Restores the set-user-ID and set-group-ID bits, which the kernel clears when the owner changes (chown(2)).
         */
        private void giveBackBits(Fd file, int permissions) {
            try {
                PathCalls.changeMode(kernel, "/proc/self/fd/" + file.number(), permissions);
            } catch (KernelException e) {
                throw failed("chmod", e);
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
        Fd left = Objects.requireNonNull(directory);
        visit.visit(left, levels.element().status());
        levels.pop();
        if (levels.isEmpty()) {
            return;
        }
        Fd above = openAt(left, "..");
        moveTo(above);
        FileStatus status = status(above);
        FileStatus expected = levels.element().status();
        if (status.inode() != expected.inode() || status.device() != expected.device()) {
            throw new JboxException(
                    "rootfs.options: shift: " + path() + ": was moved in the meantime", "start it again");
        }
    }

    /** Visits a file in the current folder, unless it is a mount point. */
    private void take(String name, Visit visit) {
        long noFollow = Flag.O_PATH.value(kernel.processor()) | Flag.O_NOFOLLOW.value(kernel.processor());
        try (Fd file = openHere(name, noFollow)) {
            if (file == null) {
                return;
            }
            FileStatus status = status(file);
            if (status.type() == Constants.S_IFDIR) {
                enter(openAt(file, "."), name);
            } else {
                visit.visit(file, status);
            }
        }
    }

    private long folderFlags() {
        return Constants.O_RDONLY | Flag.O_DIRECTORY.value(kernel.processor());
    }

    private FileStatus status(Fd file) {
        FileStatus status = FileStatus.of(file);
        if (status == null) {
            throw new JboxException("rootfs.options: shift: " + path() + ": cannot be read");
        }
        return status;
    }

    /** Opens a file of the current folder that is not a mount point (openat2(2)); null for a mount point. */
    private @Nullable Fd openHere(String name, long flags) {
        try {
            return PathCalls.openAt2(kernel, directory, name, flags, 0, Constants.RESOLVE_NO_XDEV);
        } catch (KernelException e) {
            if (e.is(Errno.EXDEV)) {
                return null;
            }
            throw failed("open", e);
        }
    }

    private Fd openAt(Fd folder, String name) {
        try {
            return PathCalls.openAt(folder, name, folderFlags());
        } catch (KernelException e) {
            throw failed("open", e);
        }
    }

    /** The current path, for messages. */
    private String path() {
        List<String> names = new ArrayList<>();
        for (Level level : levels) {
            names.add(0, new String(RawText.encode(level.name()), StandardCharsets.UTF_8));
        }
        return tree + String.join("/", names);
    }

    private JboxException failed(String call, KernelException e) {
        return e.about("rootfs.options: shift: " + path() + ": " + call);
    }
}
