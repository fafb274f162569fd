package io.jbox.life;

import io.jbox.host.OpenFile;
import io.jbox.host.ProcessWatch;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileLocks;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.Pidfd;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.state.BoxRecord;
import io.jbox.terminal.ConsoleLog;
import io.jbox.terminal.ConsoleRelay;
import io.jbox.terminal.EscapeKey;
import io.jbox.uapi.Errno;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * An attachment to a terminal of a box. There is no protocol: the terminal's descriptor is copied from the monitor
 * (pidfd_getfd(2)), and two locks decide who may read from it. The kernel releases a lock when its holder dies.
 */
public final class ConsoleAttachment implements AutoCloseable {
    private final Kernel kernel;
    private final ProcessWatch init;
    private final Fd master;
    private final @Nullable Fd clientLock;
    private final @Nullable Fd consoleLock;
    private final @Nullable ConsoleLog log;

    private ConsoleAttachment(
            Kernel kernel,
            ProcessWatch init,
            Fd master,
            @Nullable Fd clientLock,
            @Nullable Fd consoleLock,
            @Nullable ConsoleLog log) {
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
     * @throws JboxException if there is no such terminal, or another process is attached to it
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
        String what = tty == 0 ? "its console" : "tty" + tty;
        Fd clientLock = tryLock(kernel, folder + "/tty" + tty + ".lock");
        if (clientLock == null) {
            throw new JboxException(box + ": another terminal is attached to " + what);
        }
        ProcessWatch init = ProcessWatch.find(kernel, record.init());
        Fd master = null;
        try (ProcessWatch monitor = ProcessWatch.find(kernel, record.monitor())) {
            if (monitor == null || init == null) {
                throw BoxRegistry.ended(box);
            }
            master = fetch(box, monitor, number);
            if (tty > 0) {
                return new ConsoleAttachment(kernel, init, master, clientLock, null, null);
            }
            Fd consoleLock = awaitLock(kernel, folder + "/console.lock");
            return new ConsoleAttachment(kernel, init, master, clientLock, consoleLock, openLog(record));
        } catch (RuntimeException | Error e) {
            if (master != null) {
                master.close();
            }
            if (init != null) {
                init.close();
            }
            clientLock.close();
            throw e;
        }
    }

    private static Fd fetch(String box, ProcessWatch monitor, int number) {
        try {
            return Pidfd.descriptor(monitor.pidfd(), number);
        } catch (KernelException e) {
            throw e.about(
                    box + ": its terminal: pidfd_getfd",
                    e.is(Errno.EPERM) ? "it was started by another user, or kernel.yama.ptrace_scope is 2" : null);
        }
    }

    private static Fd awaitLock(Kernel kernel, String path) {
        try {
            Fd lock = OpenFile.make(kernel, path);
            FileLocks.take(lock);
            return lock;
        } catch (KernelException e) {
            throw e.about(path);
        }
    }

    /** Takes the lock if it is free. */
    private static @Nullable Fd tryLock(Kernel kernel, String path) {
        try (Fd lock = OpenFile.make(kernel, path)) {
            return FileLocks.tryTake(lock) ? lock.release() : null;
        } catch (KernelException e) {
            throw e.about(path);
        }
    }

    /**
     * Keeps the monitor from reading the console of a box that is about to be started.
     *
     * @return the console's lock, held until it is closed; null if another process holds it
     */
    public static @Nullable Fd lockConsole(Kernel kernel, String folder) {
        return tryLock(kernel, folder + "/console.lock");
    }

    /**
     * Takes over the console of a box that was just started in the foreground.
     *
     * @param init a pidfd of its first process
     * @param master the host's end of the console
     * @param consoleLock result of {@link #lockConsole}
     */
    public static ConsoleAttachment of(Kernel kernel, Fd init, Fd master, BoxRecord record, @Nullable Fd consoleLock) {
        return new ConsoleAttachment(kernel, ProcessWatch.of(init), master, null, consoleLock, openLog(record));
    }

    private static @Nullable ConsoleLog openLog(BoxRecord record) {
        try {
            return new ConsoleLog(
                    record.spec().console().log(),
                    record.spec().console().size().number());
        } catch (IOException e) {
            return null;
        }
    }

    /** The host's end of the terminal, non-blocking. */
    public int master() {
        return master.number();
    }

    /**
     * Copies bytes until the box ends or the caller detaches.
     *
     * @param input the caller's descriptor, or -1 for none
     * @param output the caller's
     * @param escape the key with which the caller detaches; null if that is not possible
     * @return whether the box has ended
     */
    public boolean relay(int input, int output, @Nullable EscapeKey escape) {
        return new ConsoleRelay(
                        kernel,
                        master,
                        init.pidfd(),
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
            master.close();
            init.close();
            if (consoleLock != null) {
                consoleLock.close();
            }
            if (clientLock != null) {
                clientLock.close();
            }
        }
    }
}
