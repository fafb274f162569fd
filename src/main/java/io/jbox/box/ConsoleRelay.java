package io.jbox.box;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import org.jspecify.annotations.Nullable;

/**
 * Carries bytes between the caller's descriptors and a terminal of a box until a process ends or the caller leaves.
 *
 * <p>One thread, one {@code ppoll} over the caller's input, the terminal and the process's pidfd. Output is written at
 * once and in full; input waits while the terminal's buffer is full.
 */
public final class ConsoleRelay {
    private static final int BUFFER = 16 * 1024;
    /** Bytes that are still carried when the process has ended: more than a terminal holds. */
    private static final long MAX_LAST = 256 * 1024;

    private static final int ERROR_OR_HANG_UP = Constants.POLLERR | Constants.POLLHUP;

    private final Kernel kernel;
    private final int master;
    private final int pidfd;
    private final int input;
    private final int output;
    private final @Nullable EscapeKey escape;
    private final @Nullable ConsoleLog log;
    private boolean inputOpen;
    private boolean outputOpen = true;

    /**
     * @param master the host's end of the terminal, non-blocking
     * @param pidfd of the process whose end ends it all
     * @param input the caller's, or -1 for none
     * @param output the caller's
     * @param escape what the caller leaves with; null if that is not possible
     * @param log receives what the box says; null for none
     */
    public ConsoleRelay(
            Kernel kernel,
            int master,
            int pidfd,
            int input,
            int output,
            @Nullable EscapeKey escape,
            @Nullable ConsoleLog log) {
        this.kernel = kernel;
        this.master = master;
        this.pidfd = pidfd;
        this.input = input;
        this.output = output;
        this.escape = escape;
        this.log = log;
        this.inputOpen = input >= 0;
    }

    /**
     * Returns when the process has ended and all that was said is out, or the caller has left.
     *
     * @return whether the process has ended
     */
    public boolean run() {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long fds = program.space(3 * Long.BYTES);
            long buffer = program.space(BUFFER);
            long pending = program.space(BUFFER);
            Op poll = program.op(Syscall.PPOLL, fds, 3, 0, 0, 8).next(0);
            Op io = program.op(Syscall.READ).next(0);
            Io channel = new Io(program, io);
            int waiting = 0;
            int written = 0;
            while (true) {
                boolean full = written < waiting;
                pollfd(program, fds, inputOpen && !full ? input : -1, Constants.POLLIN);
                pollfd(program, fds + 8, master, full ? Constants.POLLIN | Constants.POLLOUT : Constants.POLLIN);
                pollfd(program, fds + 16, pidfd, Constants.POLLIN);
                kernel.walk(poll.address());
                if (poll.result() < 0) {
                    continue;
                }
                if (revents(program, fds + 8, Constants.POLLIN | ERROR_OR_HANG_UP)) {
                    // Once a round: a box that never stops talking must not keep the caller's keys from being heard.
                    carry(channel, buffer);
                }
                if (revents(program, fds, Constants.POLLIN | ERROR_OR_HANG_UP)) {
                    long read = channel.call(Syscall.READ, input, pending, BUFFER / 2);
                    inputOpen = read > 0 || read == -Errno.EAGAIN || read == -Errno.EINTR;
                    waiting = (int) Math.max(0, read);
                    written = 0;
                    if (escape != null && waiting > 0) {
                        byte[] keys = escape.filter(program.read(pending, waiting));
                        program.write(pending, keys, keys.length);
                        waiting = keys.length;
                        if (escape.isLeft()) {
                            return false;
                        }
                    }
                    if (escape != null && !inputOpen) {
                        // Nobody can press the key any more.
                        return false;
                    }
                }
                if (written < waiting) {
                    long wrote = channel.call(Syscall.WRITE, master, pending + written, waiting - written);
                    written += (int) Math.max(0, wrote);
                }
                if (revents(program, fds + 16, Constants.POLLIN)) {
                    for (long last = 0, read = 1; read > 0 && last < MAX_LAST; last += read) {
                        read = carry(channel, buffer);
                    }
                    return true;
                }
            }
        }
    }

    /** Carries what there is to be read at once; returns how much that was. */
    private long carry(Io channel, long buffer) {
        long read = channel.call(Syscall.READ, master, buffer, BUFFER);
        if (read <= 0) {
            return 0;
        }
        if (log != null) {
            log.append(channel.program.read(buffer, (int) read));
        }
        for (long done = 0; done < read && outputOpen; ) {
            long wrote = channel.call(Syscall.WRITE, output, buffer + done, read - done);
            if (wrote == -Errno.EAGAIN) {
                channel.waitWritable(output);
            } else if (wrote < 0 && wrote != -Errno.EINTR) {
                // Nobody reads any more: the box runs on, what it says is lost.
                outputOpen = false;
            } else {
                done += Math.max(0, wrote);
            }
        }
        return read;
    }

    private static void pollfd(Program program, long address, int descriptor, int events) {
        program.writeInt(address, descriptor);
        program.writeInt(address + Integer.BYTES, events);
    }

    private static boolean revents(Program program, long address, int events) {
        return (program.readInt(address + Integer.BYTES) >>> 16 & events) != 0;
    }

    /** One op, used for one call after the other. */
    private final class Io {
        private final Program program;
        private final Op op;
        private final long pollfd;

        Io(Program program, Op op) {
            this.program = program;
            this.op = op;
            this.pollfd = program.space(Long.BYTES);
        }

        long call(Syscall call, long... arguments) {
            op.call(call.number(kernel.processor()));
            for (int i = 0; i < arguments.length; i++) {
                op.argument(i, arguments[i]);
            }
            kernel.walk(op.address());
            return op.result();
        }

        void waitWritable(int descriptor) {
            pollfd(program, pollfd, descriptor, Constants.POLLOUT);
            call(Syscall.PPOLL, pollfd, 1, 0, 0, 8);
        }
    }
}
