package io.jbox.host;

import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.Pidfd;
import io.jbox.kernel.Poll;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxRecord;
import io.jbox.state.ProcessId;
import io.jbox.uapi.Errno;
import org.jspecify.annotations.Nullable;

/**
 * Watches one process by a pidfd (pidfd_open(2)): a signal through it never reaches another process, even if the id is
 * reused.
 */
public final class ProcessWatch implements AutoCloseable {
    static final long FOREVER = -1;

    private final Fd pidfd;

    private ProcessWatch(Fd pidfd) {
        this.pidfd = pidfd;
    }

    /**
     * Opens a live process; null if it has ended.
     *
     * @throws JboxException if it is alive, but cannot be opened, for example because too many files are open
     */
    public static @Nullable ProcessWatch find(Kernel kernel, @Nullable ProcessId process) {
        if (process == null) {
            return null;
        }
        Fd pidfd;
        try {
            pidfd = Pidfd.open(kernel, process.pid());
        } catch (KernelException e) {
            if (process.isAlive()) {
                // Returning null would mean that it is dead, which is wrong.
                throw e.about("process " + process.pid() + ": pidfd_open");
            }
            return null;
        }
        // Checked after opening: if the start time is still right, the pidfd belongs to that process.
        if (!process.isAlive()) {
            pidfd.close();
            return null;
        }
        return new ProcessWatch(pidfd);
    }

    /** Takes over a descriptor of a process. */
    public static ProcessWatch of(Fd pidfd) {
        return new ProcessWatch(pidfd);
    }

    /** Opens the process whose end is the next change of a box: its init, or its monitor if init has ended. */
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

    /** Reaps a process that has ended, if it was a child of jbox; returns whether it is gone. */
    public static boolean bury(Kernel kernel, @Nullable ProcessId process) {
        return process == null || Pidfd.reap(kernel, process.pid());
    }

    /** Its descriptor, owned by this object. */
    public Fd pidfd() {
        return pidfd;
    }

    /** Sends a signal; returns 0, also if it has ended, or the error number of the refusal. */
    public int signal(int number) {
        try {
            Pidfd.signal(pidfd, number);
            return 0;
        } catch (KernelException e) {
            // ESRCH: it has ended.
            return e.is(Errno.ESRCH) ? 0 : e.errno();
        }
    }

    /**
     * Waits for its end.
     *
     * @param millis at most; {@link #FOREVER} for no limit
     * @return whether it has ended
     */
    public boolean await(long millis) {
        return Poll.isReadable(pidfd, millis);
    }

    @Override
    public void close() {
        pidfd.close();
    }
}
