package io.jbox.ids;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Who uses a tree of files has a shared flock(2) on its folder for as long, also {@code jbox run} and overlays that it is a
 * layer of; who gives its files to other owners has it alone.
 */
final class TreeLock implements AutoCloseable {
    private final Kernel kernel;
    private final String tree;
    private final int folder;

    private TreeLock(Kernel kernel, String tree, int folder) {
        this.kernel = kernel;
        this.tree = tree;
        this.folder = folder;
    }

    /**
     * Takes it as one of those who use the tree; null if there is no such folder.
     *
     * @throws JboxException if somebody is giving its files away just now
     */
    static @Nullable TreeLock share(Kernel kernel, String tree) {
        int folder = open(kernel, tree);
        if (folder < 0) {
            return null;
        }
        TreeLock lock = new TreeLock(kernel, tree, folder);
        if (!lock.take(Constants.LOCK_SH)) {
            lock.close();
            throw inUse(tree);
        }
        return lock;
    }

    /**
     * Takes it alone, with all that is above: a tree is also in use with one that it is part of.
     *
     * @throws JboxException if somebody uses one
     */
    void claim() {
        for (Path above = Path.of(tree).getParent(); above != null; above = above.getParent()) {
            int other = open(kernel, above.toString());
            boolean taken = other >= 0 && isTaken(kernel, other);
            kernel.call(Syscall.CLOSE, other);
            if (taken) {
                throw inUse(above.toString());
            }
        }
        if (!take(Constants.LOCK_EX)) {
            throw inUse(tree);
        }
    }

    /** Lets others use it as well, again. */
    void release() {
        // Not at once (flock(2)): who was quicker in between must not have changed anything.
        if (!take(Constants.LOCK_SH)) {
            throw inUse(tree);
        }
    }

    String tree() {
        return tree;
    }

    private boolean take(int operation) {
        return kernel.call(Syscall.FLOCK, folder, operation | Constants.LOCK_NB) != -Errno.EAGAIN;
    }

    /** Whether somebody uses a folder that is open here; if not, it is ours until it is closed. */
    static boolean isTaken(Kernel kernel, int folder) {
        return kernel.call(Syscall.FLOCK, folder, Constants.LOCK_EX | Constants.LOCK_NB) == -Errno.EAGAIN;
    }

    static JboxException inUse(String tree) {
        return new JboxException(
                tree + ": is in use, and its files would have other owners",
                "a box that has it as its root file system, or a jbox run, must end first, or have the same idmap and"
                        + " rootfs.options");
    }

    private static int open(Kernel kernel, String path) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long flags = Constants.O_RDONLY | Constants.O_CLOEXEC | Constants.value("O_DIRECTORY", kernel.processor());
            Op op = program.op(Syscall.OPENAT, Constants.AT_FDCWD, program.text(path), flags)
                    .next(0);
            kernel.walk(op.address());
            return (int) op.result();
        }
    }

    @Override
    public void close() {
        kernel.call(Syscall.CLOSE, folder);
    }
}
