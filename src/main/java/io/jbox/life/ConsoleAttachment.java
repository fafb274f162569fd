package io.jbox.life;

import io.jbox.host.OpenFile;
import io.jbox.host.ProcessWatch;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Syscall;
import io.jbox.launch.MonitoredBox;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.state.BoxRecord;
import io.jbox.terminal.ConsoleLog;
import io.jbox.terminal.ConsoleRelay;
import io.jbox.terminal.EscapeKey;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A hold on a terminal of a box. There is no protocol: the terminal's own descriptor is fetched out of the monitor
 * (pidfd_getfd(2)), and two locks, which the kernel drops with whoever holds them, say who may read from it.
 */
public final class ConsoleAttachment implements AutoCloseable {
    private final Kernel kernel;
    private final ProcessWatch init;
    private final int master;
    private final int clientLock;
    private final int consoleLock;
    private final @Nullable ConsoleLog log;

    private ConsoleAttachment(
            Kernel kernel, ProcessWatch init, int master, int clientLock, int consoleLock, @Nullable ConsoleLog log) {
        this.kernel = kernel;
        this.init = init;
        this.master = master;
        this.clientLock = clientLock;
        this.consoleLock = consoleLock;
        this.log = log;
    }

    /**
     * @param folder the box's state folder
     * @param tty 0 for the console
     * @throws JboxException if there is no such terminal, or somebody is attached to it
     */
    public static ConsoleAttachment attach(Kernel kernel, String folder, BoxRecord record, int tty) {
        String box = record.spec().name();
        int number = tty == 0
                ? record.console()
                : tty <= record.ttys().size() ? record.ttys().get(tty - 1) : -1;
        if (number < 0) {
            throw new JboxException(
                    box + ": has no " + (tty == 0 ? "console" : "tty" + tty),
                    tty == 0
                            ? "console.path is none"
                            : "tty.max is " + record.ttys().size());
        }
        int clientLock = OpenFile.make(kernel, folder + "/tty" + tty + ".lock");
        if (kernel.call(Syscall.FLOCK, clientLock, Constants.LOCK_EX | Constants.LOCK_NB) < 0) {
            kernel.call(Syscall.CLOSE, clientLock);
            throw new JboxException(
                    box + ": another terminal is attached to " + (tty == 0 ? "its console" : "tty" + tty));
        }
        int consoleLock = -1;
        ProcessWatch init = ProcessWatch.find(kernel, record.init());
        try (ProcessWatch monitor = ProcessWatch.find(kernel, record.monitor())) {
            if (monitor == null || init == null) {
                throw BoxRegistry.ended(box);
            }
            int master = (int) kernel.call(Syscall.PIDFD_GETFD, monitor.pidfd(), number, 0);
            if (master < 0) {
                throw new JboxException(
                        box + ": its terminal: pidfd_getfd: " + Errno.describe(-master),
                        master == -Errno.EPERM
                                ? "it was started by another user, or kernel.yama.ptrace_scope is 2"
                                : null);
            }
            if (tty > 0) {
                return new ConsoleAttachment(kernel, init, master, clientLock, -1, null);
            }
            consoleLock = OpenFile.make(kernel, folder + "/console.lock");
            kernel.call(Syscall.FLOCK, consoleLock, Constants.LOCK_EX);
            return new ConsoleAttachment(kernel, init, master, clientLock, consoleLock, openLog(record));
        } catch (RuntimeException | Error e) {
            if (init != null) {
                init.close();
            }
            kernel.call(Syscall.CLOSE, clientLock);
            if (consoleLock >= 0) {
                kernel.call(Syscall.CLOSE, consoleLock);
            }
            throw e;
        }
    }

    /**
     * Keeps the monitor from reading the console of a box that is about to be started.
     *
     * @return a descriptor with the console's lock; -1 if somebody else has it
     */
    public static int lockConsole(Kernel kernel, String folder) {
        int lock = OpenFile.make(kernel, folder + "/console.lock");
        if (lock >= 0 && kernel.call(Syscall.FLOCK, lock, Constants.LOCK_EX | Constants.LOCK_NB) < 0) {
            kernel.call(Syscall.CLOSE, lock);
            return -1;
        }
        return lock;
    }

    /**
     * Takes over the console of a box that was just started in the foreground.
     *
     * @param started its descriptors
     * @param consoleLock of {@link #lockConsole}
     */
    public static ConsoleAttachment of(Kernel kernel, MonitoredBox started, BoxRecord record, int consoleLock) {
        ProcessWatch init = ProcessWatch.of(kernel, started.initPidfd());
        return new ConsoleAttachment(kernel, init, started.master(), -1, consoleLock, openLog(record));
    }

    private static @Nullable ConsoleLog openLog(BoxRecord record) {
        try {
            return new ConsoleLog(
                    record.spec().console().log(), record.spec().console().size());
        } catch (IOException e) {
            return null;
        }
    }

    /** The host's end of the terminal, non-blocking. */
    public int master() {
        return master;
    }

    /**
     * Carries bytes until the box ends or the caller leaves.
     *
     * @param input the caller's descriptor, or -1 for none
     * @param output the caller's
     * @param escape what the caller leaves with; null if that is not possible
     * @return whether the box has ended
     */
    public boolean relay(int input, int output, @Nullable EscapeKey escape) {
        return new ConsoleRelay(
                        kernel,
                        Fd.borrowed(kernel, master),
                        Fd.borrowed(kernel, init.pidfd()),
                        input < 0 ? null : Fd.borrowed(kernel, input),
                        Fd.borrowed(kernel, output),
                        escape,
                        log)
                .run();
    }

    @Override
    public void close() {
        try {
            if (log != null) {
                log.close();
            }
        } catch (IOException e) {
            throw new JboxException("console log: " + SystemError.of(e));
        } finally {
            kernel.call(Syscall.CLOSE, master);
            init.close();
            if (consoleLock >= 0) {
                kernel.call(Syscall.CLOSE, consoleLock);
            }
            if (clientLock >= 0) {
                kernel.call(Syscall.CLOSE, clientLock);
            }
        }
    }
}
