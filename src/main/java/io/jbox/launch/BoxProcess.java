package io.jbox.launch;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.Pidfd;
import io.jbox.kernel.Poll;
import io.jbox.kernel.ProcessStat;
import io.jbox.number.Pid;
import io.jbox.plan.Descriptors;
import io.jbox.program.Descriptor;
import io.jbox.uapi.Constants;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A running box: its first process, and the descriptors that lead to it. */
public final class BoxProcess implements AutoCloseable {
    /** How long a program may take to stop after SIGTSTP. */
    private static final int STOP_MILLIS = 50;

    private static final long INSISTENT_NANOS = 10_000_000_000L;

    private final Kernel kernel;
    private final Pid child;
    private int pid;
    private Fd pidfd;
    private final Map<Descriptor, Fd> open = new HashMap<>();
    private @Nullable Integer status;
    private volatile boolean asked;
    private long firstEnding = System.nanoTime() - INSISTENT_NANOS - 1;
    private int endings;

    BoxProcess(Kernel kernel, int pid, Fd pidfd) {
        this.kernel = kernel;
        this.child = new Pid(pid);
        this.pid = pid;
        this.pidfd = pidfd;
    }

    /** Takes over the descriptors that the launch has opened, and closes those that only the box needs. */
    void adopt(Map<Descriptor, Fd> descriptors) {
        Map<Descriptor, Fd> others = new HashMap<>(descriptors);
        for (Descriptor descriptor : staying(descriptors)) {
            Fd file = others.remove(descriptor);
            if (file != null) {
                open.put(descriptor, file);
            }
        }
        others.values().forEach(Fd::close);
    }

    private static List<Descriptor> staying(Map<Descriptor, Fd> descriptors) {
        List<Descriptor> staying = new ArrayList<>(List.of(
                Descriptors.STATUS_READ,
                Descriptors.TIE_HELD,
                Descriptors.UPPER_LOCK,
                Descriptors.MASTER,
                // Kept open so that the master does not hang up while no process in the box has the console open.
                Descriptors.CONSOLE));
        for (int standard = 0; standard <= 2; standard++) {
            staying.add(Descriptors.pipeOutside(standard));
        }
        staying.addAll(Descriptors.ttyMasters(descriptors));
        return staying;
    }

    /** Redirects signals and waiting to a process that jbox's child has made. */
    void watch(int newPid, Fd newPidfd) {
        pidfd.close();
        pid = newPid;
        pidfd = newPidfd;
    }

    /** The first process's id on the host. */
    public int pid() {
        return pid;
    }

    /** A descriptor of the first process (pidfd_open(2)), readable when it ends; owned by this object. */
    public Fd pidfd() {
        return pidfd;
    }

    /** The host's end of the console, non-blocking; owned by this object. Null if the box has none. */
    public @Nullable Fd console() {
        return open.get(Descriptors.MASTER);
    }

    /** Hands over a descriptor, which the caller then closes. */
    public Fd take(Descriptor descriptor) {
        Fd file = open.remove(descriptor);
        if (file == null) {
            throw new IllegalArgumentException(descriptor + " is not open");
        }
        return file;
    }

    /** Becomes ready when jbox's child has ended, even if another process reaps it. */
    public End end() {
        return new End(Pidfd.find(kernel, child));
    }

    /**
     * The end of a child of jbox.
     *
     * @param pidfd null if it has ended already
     */
    public record End(@Nullable Fd pidfd) implements AutoCloseable {
        /** Waits for the end. */
        public void await() {
            if (pidfd != null) {
                Poll.isReadable(pidfd, -1);
            }
        }

        @Override
        public void close() {
            if (pidfd != null) {
                pidfd.close();
            }
        }
    }

    /** Sends a signal to the first process; does nothing if that has ended. */
    public void signal(int number) {
        Pidfd.trySignal(pidfd, number);
    }

    /**
     * Sends a signal to end the first process. A stopped process, for example one that another process in the box keeps
     * stopped, would not see it: it is continued the first time, and killed the second time. The third such signal
     * within ten seconds kills any process.
     *
     * @return false if it has ended already
     */
    public boolean end(int number) {
        if (Poll.isReadable(pidfd, 0)) {
            return false;
        }
        long now = System.nanoTime();
        if (now - firstEnding > INSISTENT_NANOS) {
            firstEnding = now;
            endings = 0;
        }
        if (++endings > 2) {
            kill();
            return true;
        }
        signal(number);
        endIfStopped(number);
        return true;
    }

    /** The same for a process that has already received the signal unless it is stopped. */
    public void endIfStopped(int number) {
        ProcessStat stat = ProcessStat.find(new Pid(pid));
        if (stat != null && stat.isStopped()) {
            signal(number);
            signal(asked ? Constants.SIGKILL : Constants.SIGCONT);
            asked = true;
        }
    }

    /**
     * Stops it as Ctrl-Z does. If it does not handle SIGTSTP, sends SIGSTOP: the kernel ignores the default action of
     * SIGTSTP in an orphaned process group, whose parents are in another session.
     *
     * @return false if it has ended instead
     */
    public boolean stop() {
        signal(Constants.SIGTSTP);
        if (Poll.isReadable(pidfd, STOP_MILLIS)) {
            return false;
        }
        ProcessStat stat = ProcessStat.find(new Pid(pid));
        if (stat != null && !stat.isStopped()) {
            signal(Constants.SIGSTOP);
        }
        return true;
    }

    /** Kills the box: with its first process every other one dies. */
    public void kill() {
        signal(Constants.SIGKILL);
    }

    /**
     * Blocks until the box ends.
     *
     * @return the raw wait status of the first process, or of the command of {@code run} if it got so far
     */
    public int waitFor() {
        while (true) {
            Integer ended = reap(0);
            if (ended != null) {
                return ended;
            }
        }
    }

    /** The status if the box has ended, or null. */
    public @Nullable Integer poll() {
        return reap(Constants.WNOHANG);
    }

    private synchronized @Nullable Integer reap(int options) {
        if (status != null) {
            return status;
        }
        Integer own = Pidfd.awaitChild(kernel, child, options);
        if (own == null) {
            return null;
        }
        Integer reported = readStatus();
        status = reported == null ? own : reported;
        return status;
    }

    /** The status that PID 1 of {@code run} wrote before it ended. */
    private @Nullable Integer readStatus() {
        Fd pipe = open.get(Descriptors.STATUS_READ);
        try {
            byte[] word = pipe == null ? new byte[0] : FileCalls.read(pipe, Integer.BYTES);
            return word.length == Integer.BYTES
                    ? ByteBuffer.wrap(word).order(ByteOrder.nativeOrder()).getInt()
                    : null;
        } catch (KernelException e) {
            return null;
        }
    }

    /** Closes the descriptors; the box runs on as long as the thread that launched it. */
    @Override
    public void close() {
        open.values().forEach(Fd::close);
        open.clear();
        pidfd.close();
    }
}
