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
 * Which trees of files are in use: whoever has a box on one, as its root file system or as a layer of that, has a byte of a
 * file locked that only root can open, shared, as long as the descriptor is open anywhere (fcntl(2), open file description
 * locks); who gives a tree's files to other owners has its byte alone. Which byte it is follows from the folder's device and
 * inode.
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

    /** The descriptor that has the locks; the same with every copy of it. */
    int descriptor() {
        return descriptor;
    }

    /** Uses a tree, or goes on with that; returns whether nobody has it alone. */
    boolean share(FileStatus folder) {
        return call(Constants.F_OFD_SETLK, Constants.F_RDLCK, folder) == Constants.F_RDLCK;
    }

    /** Takes a tree alone; returns whether nobody else uses it. */
    boolean claim(FileStatus folder) {
        return call(Constants.F_OFD_SETLK, Constants.F_WRLCK, folder) == Constants.F_WRLCK;
    }

    /** Whether anybody else uses a tree. */
    boolean isUsed(FileStatus folder) {
        return call(Constants.F_OFD_GETLK, Constants.F_WRLCK, folder) != Constants.F_UNLCK;
    }

    /** Returns the type of lock that there is then; -1 if another is in the way. */
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
