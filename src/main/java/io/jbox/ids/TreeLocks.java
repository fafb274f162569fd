package io.jbox.ids;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;
import io.jbox.state.FileLock;

/**
 * Locks file trees that are in use. For each tree that a box uses, as its root file system or a layer, it holds a
 * shared lock on one byte of a file that only root can open, for as long as the descriptor is open anywhere (fcntl(2),
 * open file description locks); a process that changes a tree's owners locks its byte exclusively. The folder's device
 * and inode determine the byte.
 */
final class TreeLocks implements AutoCloseable {
    private static final long SPREAD = 0x9e37_79b9_7f4a_7c15L;
    private static final int TYPE_BYTES = 2;

    private final Kernel kernel;
    private final int descriptor;

    /** @throws JboxException if there is no such file and it cannot be made */
    TreeLocks(Kernel kernel, String path) {
        this.kernel = kernel;
        this.descriptor = FileLock.open(kernel, path);
    }

    /** The descriptor that holds the locks; its copies hold the same ones. */
    int descriptor() {
        return descriptor;
    }

    /** Takes or keeps a shared lock; returns false if another process has it exclusively. */
    boolean share(FileStatus folder) {
        return call(Constants.F_OFD_SETLK, Constants.F_RDLCK, folder) == Constants.F_RDLCK;
    }

    /** Takes an exclusive lock; returns whether nobody else uses the tree. */
    boolean claim(FileStatus folder) {
        return call(Constants.F_OFD_SETLK, Constants.F_WRLCK, folder) == Constants.F_WRLCK;
    }

    /** Whether another process uses a tree. */
    boolean isUsed(FileStatus folder) {
        return call(Constants.F_OFD_GETLK, Constants.F_WRLCK, folder) != Constants.F_UNLCK;
    }

    /** Returns the resulting lock type; -1 if there is a conflicting lock. */
    private int call(int command, int type, FileStatus folder) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long at = (folder.inode() * SPREAD ^ folder.device()) & Long.MAX_VALUE >> 1;
            // struct flock: type and whence, start, length, pid; offsets from the beginning.
            long lock = program.words(type, at, 1, 0);
            Op op = program.op(Syscall.FCNTL, descriptor, command, lock).next(0);
            kernel.walk(op.address());
            if (op.result() == -Errno.EAGAIN) {
                return -1;
            }
            if (op.result() < 0) {
                throw new JboxException("locks of root file systems: fcntl: " + Errno.describe((int) -op.result()));
            }
            byte[] now = program.read(lock, TYPE_BYTES);
            return now[0] & 0xff | (now[1] & 0xff) << Byte.SIZE;
        }
    }

    @Override
    public void close() {
        kernel.call(Syscall.CLOSE, descriptor);
    }
}
