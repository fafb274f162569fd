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

/** A hold on one process (pidfd_open(2)): no other can be signalled through it, whatever ids are used again. */
public final class ProcessWatch implements AutoCloseable {
    static final long FOREVER = -1;

    private final Fd pidfd;

    private ProcessWatch(Fd pidfd) {
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
        Fd pidfd;
        try {
            pidfd = Pidfd.open(kernel, process.pid());
        } catch (KernelException e) {
            if (process.isAlive()) {
                // Whoever took it for dead would wait for its end without having asked for that.
                throw e.about("process " + process.pid() + ": pidfd_open");
            }
            return null;
        }
        // Looked at after it was opened: if the start time is right now, the descriptor is of that process.
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
        return process == null || Pidfd.reap(kernel, process.pid());
    }

    /** Its descriptor, which stays this hold's. */
    public Fd pidfd() {
        return pidfd;
    }

    /** Sends a signal; returns 0, also if it has ended, or the error number of the refusal. */
    public int signal(int number) {
        try {
            Pidfd.signal(pidfd, number);
            return 0;
        } catch (KernelException e) {
            // ESRCH: it has ended, and nobody else can have its descriptor.
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
