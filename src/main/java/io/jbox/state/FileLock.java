package io.jbox.state;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;

/** flock(2) on a file of its own; the kernel drops it with the process. */
public final class FileLock implements AutoCloseable {
    private final Kernel kernel;
    private final int descriptor;

    /** Waits until nobody else has it. */
    public FileLock(Kernel kernel, String path) {
        this.kernel = kernel;
        this.descriptor = open(kernel, path);
        while (kernel.call(Syscall.FLOCK, descriptor, Constants.LOCK_EX) == -Errno.EINTR) {
            Thread.onSpinWait();
        }
    }

    /**
     * Opens a file that is there to be locked, making it if need be.
     *
     * @throws JboxException if it cannot be opened, or is a link
     */
    public static int open(Kernel kernel, String path) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long flags = Constants.O_RDWR
                    | Constants.O_CREAT
                    | Constants.O_CLOEXEC
                    | Constants.value("O_NOFOLLOW", kernel.processor());
            Op op = program.op(Syscall.OPENAT, Constants.AT_FDCWD, program.text(path), flags, 0600)
                    .next(0);
            kernel.walk(op.address());
            if (op.result() < 0) {
                throw new JboxException(
                        path + ": " + Errno.describe((int) -op.result()),
                        op.result() == -Errno.EACCES ? "jbox needs root for this: sudo jbox ..." : null);
            }
            return (int) op.result();
        }
    }

    /** Whether somebody has it alone, in whatever PID namespace; false where there is no such file. */
    static boolean isHeld(Kernel kernel, String path) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long flags = Constants.O_RDONLY | Constants.O_CLOEXEC | Constants.value("O_NOFOLLOW", kernel.processor());
            Op open = program.op(Syscall.OPENAT, Constants.AT_FDCWD, program.text(path), flags, 0);
            Op lock = program.op(Syscall.FLOCK, 0, Constants.LOCK_SH | Constants.LOCK_NB)
                    .next(0);
            Op close = program.op(Syscall.CLOSE, 0).next(0);
            open.store(lock.argumentAddress(0)).onNegative(0);
            kernel.walk(open.address());
            if (open.result() < 0) {
                return false;
            }
            // Closing it gives up what was taken.
            kernel.walk(close.argument(0, open.result()).address());
            return lock.result() == -Errno.EAGAIN;
        }
    }

    @Override
    public void close() {
        kernel.call(Syscall.CLOSE, descriptor);
    }
}
