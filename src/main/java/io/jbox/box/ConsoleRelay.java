package io.jbox.box;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;

/**
 * Carries bytes between the caller's descriptors and a box's console until the box ends.
 *
 * <p>One thread, one {@code ppoll} over the caller's input, the console and the box's pidfd. Output is written at once
 * and in full; input waits while the console's buffer is full.
 */
public final class ConsoleRelay {
    private static final int BUFFER = 16 * 1024;
    private static final int ERROR_OR_HANG_UP = Constants.POLLERR | Constants.POLLHUP;

    private final Kernel kernel;
    private final BoxProcess box;
    private final int input;
    private final int output;
    private boolean inputOpen;
    private boolean outputOpen = true;

    /**
     * @param input the caller's, or -1 for none
     * @param output the caller's
     */
    public ConsoleRelay(Kernel kernel, BoxProcess box, int input, int output) {
        this.kernel = kernel;
        this.box = box;
        this.input = input;
        this.output = output;
        this.inputOpen = input >= 0;
    }

    /**
     * Returns when the box has ended and all it has written is out.
     *
     * @return the box's raw wait status
     */
    public int run() {
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
                pollfd(program, fds + 8, box.console(), full ? Constants.POLLIN | Constants.POLLOUT : Constants.POLLIN);
                pollfd(program, fds + 16, box.pidfd(), Constants.POLLIN);
                kernel.walk(poll.address());
                if (poll.result() < 0) {
                    continue;
                }
                if (revents(program, fds + 8, Constants.POLLIN | ERROR_OR_HANG_UP)) {
                    drain(channel, buffer);
                }
                if (revents(program, fds, Constants.POLLIN | ERROR_OR_HANG_UP)) {
                    long read = channel.call(Syscall.READ, input, pending, BUFFER);
                    inputOpen = read > 0 || read == -Errno.EAGAIN || read == -Errno.EINTR;
                    waiting = (int) Math.max(0, read);
                    written = 0;
                }
                if (written < waiting) {
                    long wrote = channel.call(Syscall.WRITE, box.console(), pending + written, waiting - written);
                    written += (int) Math.max(0, wrote);
                }
                if (revents(program, fds + 16, Constants.POLLIN)) {
                    drain(channel, buffer);
                    return box.waitFor();
                }
            }
        }
    }

    private void drain(Io channel, long buffer) {
        while (true) {
            long read = channel.call(Syscall.READ, box.console(), buffer, BUFFER);
            if (read <= 0) {
                return;
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
        }
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
