package io.jbox.kernel;

import io.jbox.number.Pid;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Processes by descriptor: no other process can be meant, whatever ids are used again (pidfd_open(2)). */
public final class Pidfd {
    private Pidfd() {}

    /** Opens a process, which may have ended but not been waited for. */
    public static Fd open(Kernel kernel, Pid pid) throws KernelException {
        return Fd.of(kernel, (int) Calls.make(kernel, Syscall.PIDFD_OPEN, pid.number(), 0));
    }

    /** The same; null if there is no such process. */
    public static @Nullable Fd find(Kernel kernel, Pid pid) {
        try {
            return open(kernel, pid);
        } catch (KernelException e) {
            return null;
        }
    }

    /** Sends a signal; 0 sends none, and fails with ESRCH if the process has ended (pidfd_send_signal(2)). */
    public static void signal(Fd pidfd, int number) throws KernelException {
        pidfd.call(Syscall.PIDFD_SEND_SIGNAL, number, 0, 0);
    }

    /** The same; does nothing if the process has ended. */
    public static void trySignal(Fd pidfd, int number) {
        try {
            signal(pidfd, number);
        } catch (KernelException e) {
            // It has ended.
            return;
        }
    }

    /** Copies a descriptor of a process (pidfd_getfd(2)). */
    public static Fd descriptor(Fd pidfd, int number) throws KernelException {
        return pidfd.derive(Syscall.PIDFD_GETFD, number, 0);
    }

    /** Removes a child that has ended from the process table; returns whether no such child is left (wait4(2)). */
    public static boolean reap(Kernel kernel, Pid pid) {
        try {
            // While one of its threads still ends, the kernel says 0, though it counts as dead.
            return Calls.make(kernel, Syscall.WAIT4, pid.number(), 0, Constants.WNOHANG, 0) != 0;
        } catch (KernelException e) {
            return true;
        }
    }

    /**
     * Waits for a child of any kind (wait4(2)).
     *
     * @param options WNOHANG, or 0
     * @return its raw wait status; 0 where somebody made SIGCHLD ignored, so that the kernel has reaped it; null if it has
     *     not ended
     */
    public static @Nullable Integer awaitChild(Kernel kernel, Pid child, int options) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long word = program.space(Integer.BYTES);
            long ended = kernel.make(program.op(Syscall.WAIT4, child.number(), word, options | Constants.__WALL, 0));
            return ended == 0 ? null : ended < 0 ? Integer.valueOf(0) : Integer.valueOf(program.readInt(word));
        }
    }

    /** The id of a process that has not been waited for (pidfd_open(2)); -1 if it has. */
    public static String pidOf(int pidfd) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + pidfd))) {
                if (line.startsWith("Pid:")) {
                    return line.substring("Pid:".length()).trim();
                }
            }
        } catch (IOException e) {
            return "-1";
        }
        return "-1";
    }
}
