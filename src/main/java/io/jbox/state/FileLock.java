package io.jbox.state;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileLocks;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;

/** flock(2) on a lock file; the kernel releases it when the process dies. */
public final class FileLock implements AutoCloseable {
    private final Fd file;

    /**
     * Waits for the lock.
     *
     * @throws JboxException if the file cannot be opened or locked
     */
    public FileLock(Kernel kernel, String path) {
        this.file = open(kernel, path);
        try {
            FileLocks.take(file);
        } catch (KernelException e) {
            file.close();
            throw e.about(path + ": flock");
        }
    }

    /**
     * Opens a lock file, and makes it if it is missing.
     *
     * @throws JboxException if it cannot be opened, or is a link
     */
    public static Fd open(Kernel kernel, String path) {
        long flags = Constants.O_RDWR | Constants.O_CREAT | Flag.O_NOFOLLOW.value(kernel.processor());
        try {
            return PathCalls.create(kernel, path, flags, 0600);
        } catch (KernelException e) {
            throw e.about(path, e.is(Errno.EACCES) ? "jbox needs root for this: sudo jbox ..." : null);
        }
    }

    /** Whether any process, in any PID namespace, holds it exclusively; false if there is no such file. */
    static boolean isHeld(Kernel kernel, String path) {
        long flags = Constants.O_RDONLY | Flag.O_NOFOLLOW.value(kernel.processor());
        // Closing the file releases the lock.
        try (Fd file = PathCalls.open(kernel, path, flags)) {
            return !FileLocks.tryShare(file);
        } catch (KernelException e) {
            return false;
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
