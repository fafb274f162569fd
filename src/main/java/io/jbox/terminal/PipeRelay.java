package io.jbox.terminal;

import io.jbox.kernel.Buffer;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.Pipe;
import io.jbox.kernel.Poll;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import org.jspecify.annotations.Nullable;

/** Copies a box's output until it ends or the reader is gone; then closes the pipe. */
final class PipeRelay extends Thread {
    private static final int BUFFER = 64 * 1024;

    private final Kernel kernel;
    private final Fd from;
    private final Fd to;
    private final @Nullable Fd until;
    private volatile @Nullable KernelException error;

    /**
     * @param from the box's pipe; closed at the end
     * @param until a descriptor that becomes readable when only what is in the pipe now remains to be copied; null for
     *     none
     */
    PipeRelay(Kernel kernel, Fd from, Fd to, @Nullable Fd until) {
        this.until = until;
        this.kernel = kernel;
        this.from = from;
        this.to = to;
    }

    @Override
    public void run() {
        try (from;
                Buffer buffer = new Buffer(kernel, BUFFER)) {
            if (until == null || copyUntil(buffer, until)) {
                copy(buffer, until == null ? Long.MAX_VALUE : leftover());
            }
        }
    }

    /** Copies until the descriptor is readable; returns whether the pipe may have more. */
    private boolean copyUntil(Buffer buffer, Fd end) {
        try (Poll poll = new Poll(kernel, 2)) {
            poll.set(0, from, Constants.POLLIN);
            poll.set(1, end, Constants.POLLIN);
            while (true) {
                poll.await();
                if (poll.happened(1)) {
                    return true;
                }
                if (copyOnce(buffer, BUFFER) == 0) {
                    return false;
                }
            }
        }
    }

    /** A background process may keep the pipe open and write to it: what comes later is discarded. */
    private long leftover() {
        try {
            from.setNonBlocking();
        } catch (KernelException e) {
            return 0;
        }
        return Pipe.unread(from);
    }

    private void copy(Buffer buffer, long most) {
        long left = most;
        for (int count = 1; left > 0 && count > 0; left -= count) {
            count = copyOnce(buffer, left);
        }
    }

    /** Returns the number of bytes; 0 if there are no more, or nobody to write them to. */
    private int copyOnce(Buffer buffer, long most) {
        int count;
        try {
            count = buffer.readFrom(from, most);
        } catch (KernelException e) {
            return 0;
        }
        try {
            buffer.writeAllTo(to, count);
            return count;
        } catch (KernelException e) {
            error = e;
            return 0;
        }
    }

    /**
     * Waits until there are no more bytes.
     *
     * @throws JboxException if some could not be written, unless the reader closed its end
     */
    void finish() throws InterruptedException {
        join();
        KernelException refused = error;
        if (refused != null && !refused.is(Errno.EPIPE)) {
            throw refused.about(to + ": write");
        }
    }
}
