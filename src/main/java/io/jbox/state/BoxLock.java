package io.jbox.state;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;
import org.jspecify.annotations.Nullable;

/**
 * The lock of one box: flock(2) on its state folder, which the kernel drops with the process that holds it. Not
 * inherited by anything that is executed.
 */
public final class BoxLock implements AutoCloseable {

    private final Kernel kernel;
    private final int descriptor;

    private BoxLock(Kernel kernel, int descriptor) {
        this.kernel = kernel;
        this.descriptor = descriptor;
    }

    /**
     * Waits for the lock.
     *
     * @throws JboxException if there is no such folder
     */
    public static BoxLock take(Kernel kernel, String folder) {
        BoxLock lock = take(kernel, folder, Constants.LOCK_EX);
        if (lock == null) {
            throw new JboxException("state folder " + folder + ": missing, or not ours");
        }
        return lock;
    }

    /** Waits until nobody has the lock, or the folder is gone. */
    public static void await(Kernel kernel, String folder) {
        BoxLock lock = take(kernel, folder, Constants.LOCK_EX);
        if (lock != null) {
            lock.close();
        }
    }

    /** The lock, if nobody else has it and the folder is there. */
    public static @Nullable BoxLock tryTake(Kernel kernel, String folder) {
        return take(kernel, folder, Constants.LOCK_EX | Constants.LOCK_NB);
    }

    private static @Nullable BoxLock take(Kernel kernel, String folder, int operation) {
        while (true) {
            int descriptor = open(kernel, folder);
            if (descriptor < 0) {
                return null;
            }
            long result;
            do {
                result = kernel.call(Syscall.FLOCK, descriptor, operation);
            } while (result == -Errno.EINTR);
            if (result < 0) {
                kernel.call(Syscall.CLOSE, descriptor);
                return null;
            }
            // While we waited, the folder may have been destroyed and made anew.
            if (isAt(kernel, descriptor, folder)) {
                return new BoxLock(kernel, descriptor);
            }
            kernel.call(Syscall.CLOSE, descriptor);
        }
    }

    private static int open(Kernel kernel, String folder) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long flags = Constants.O_CLOEXEC
                    | Constants.value("O_DIRECTORY", kernel.processor())
                    | Constants.value("O_NOFOLLOW", kernel.processor());
            Op op = program.op(Syscall.OPENAT, Constants.AT_FDCWD, program.text(folder), flags, 0)
                    .next(0);
            kernel.walk(op.address());
            return (int) op.result();
        }
    }

    private static boolean isAt(Kernel kernel, int descriptor, String folder) {
        FileStatus own = FileStatus.of(kernel, descriptor);
        FileStatus there = FileStatus.of(kernel, folder);
        return own != null && there != null && own.isSameAs(there);
    }

    @Override
    public void close() {
        kernel.call(Syscall.CLOSE, descriptor);
    }
}
