package io.jbox.host;

import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Poll;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxRecord;
import io.jbox.state.ProcessId;
import org.jspecify.annotations.Nullable;

/** A hold on one process (pidfd_open(2)): no other can be signalled through it, whatever ids are used again. */
public final class ProcessWatch implements AutoCloseable {
    static final long FOREVER = -1;

    private final Kernel kernel;
    private final int pidfd;

    private ProcessWatch(Kernel kernel, int pidfd) {
        this.kernel = kernel;
        this.pidfd = pidfd;
    }

    /**
     * A hold on a process that is alive, or null if it is not.
     *
     * @throws JboxException if it is alive, but cannot be held: no more files can be opened, say
     */
    public static @Nullable ProcessWatch find(Kernel kernel, @Nullable ProcessId process) {
        if (process == null) {
            return null;
        }
        int pidfd = (int) kernel.call(Syscall.PIDFD_OPEN, process.pid(), 0);
        if (pidfd < 0) {
            if (process.isAlive()) {
                // Whoever took it for dead would wait for its end without having asked for that.
                throw new JboxException("process " + process.pid() + ": pidfd_open: " + Errno.describe(-pidfd));
            }
            return null;
        }
        // Looked at after it was opened: if the start time is right now, the descriptor is of that process.
        if (!process.isAlive()) {
            kernel.call(Syscall.CLOSE, pidfd);
            return null;
        }
        return new ProcessWatch(kernel, pidfd);
    }

    /** Takes over a descriptor of a process. */
    public static ProcessWatch of(Kernel kernel, int pidfd) {
        return new ProcessWatch(kernel, pidfd);
    }

    /** A hold on who is to be waited for before a box has changed: its init, or, when that has ended, its monitor. */
    public static @Nullable ProcessWatch find(Kernel kernel, BoxRecord record) {
        ProcessWatch init = find(kernel, record.init());
        return init == null ? find(kernel, record.monitor()) : init;
    }

    /** Waits for the end of a process. */
    public static void awaitEnd(Kernel kernel, @Nullable ProcessId process) {
        try (ProcessWatch watch = find(kernel, process)) {
            if (watch != null) {
                watch.await(FOREVER);
            }
        }
        bury(kernel, process);
    }

    /** Takes a process that has ended off the kernel's list, if it was our child; returns whether it is on none. */
    public static boolean bury(Kernel kernel, @Nullable ProcessId process) {
        // While one of its threads still ends, the kernel says 0, though it counts as dead.
        return process == null || kernel.call(Syscall.WAIT4, process.pid(), 0, Constants.WNOHANG, 0) != 0;
    }

    public int pidfd() {
        return pidfd;
    }

    /** Sends a signal; returns 0, also if it has ended, or the error number of the refusal. */
    public int signal(int number) {
        long result = kernel.call(Syscall.PIDFD_SEND_SIGNAL, pidfd, number, 0, 0);
        return result == -Errno.ESRCH ? 0 : (int) -result;
    }

    /**
     * Waits for its end.
     *
     * @param millis at most; {@link #FOREVER} for no limit
     * @return whether it has ended
     */
    public boolean await(long millis) {
        return Poll.isReadable(kernel, pidfd, millis);
    }

    @Override
    public void close() {
        kernel.call(Syscall.CLOSE, pidfd);
    }
}
