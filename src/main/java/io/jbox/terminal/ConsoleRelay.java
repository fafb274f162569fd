package io.jbox.terminal;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Copies bytes between the caller's descriptors and a box's terminal until a process ends or the caller leaves.
 *
 * <p>One thread, one {@code ppoll} over the caller's input, the terminal and the process's pidfd. Output is written at
 * once and in full. Input that the box does not read is buffered, so that the escape key is always seen.
 */
public final class ConsoleRelay {
    private static final int BUFFER = 16 * 1024;
    /** The most bytes copied after the process has ended: more than a terminal holds. */
    private static final long MAX_LAST = 256 * 1024;

    /** The most bytes buffered for a box that does not read; beyond that the caller waits, and keys are not seen. */
    private static final int MAX_BACKLOG = 1024 * 1024;

    private static final int ERROR_OR_HANG_UP = Constants.POLLERR | Constants.POLLHUP;

    private final Kernel kernel;
    private final int master;
    private final int pidfd;
    private final int input;
    private final int output;
    private final @Nullable Keys keys;
    private final @Nullable ConsoleLog log;
    private boolean inputOpen;
    private boolean outputOpen = true;

    /**
     * @param master the host's end of the terminal, non-blocking
     * @param pidfd of the process whose end ends the relay
     * @param input the caller's, or -1 for none
     * @param output the caller's
     * @param keys filters the typed keys; null to pass all of them to the box
     * @param log receives the box's output; null for none
     */
    public ConsoleRelay(
            Kernel kernel,
            int master,
            int pidfd,
            int input,
            int output,
            @Nullable Keys keys,
            @Nullable ConsoleLog log) {
        this.kernel = kernel;
        this.master = master;
        this.pidfd = pidfd;
        this.input = input;
        this.output = output;
        this.keys = keys;
        this.log = log;
        this.inputOpen = input >= 0;
    }

    /**
     * Returns when the process has ended and all its output is written, or the caller has left.
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
            Backlog backlog = new Backlog();
            while (true) {
                pollfd(program, fds, inputOpen && backlog.hasRoom() ? input : -1, Constants.POLLIN);
                pollfd(
                        program,
                        fds + 8,
                        master,
                        backlog.isEmpty() ? Constants.POLLIN : Constants.POLLIN | Constants.POLLOUT);
                pollfd(program, fds + 16, pidfd, Constants.POLLIN);
                kernel.walk(poll.address());
                if (poll.result() < 0) {
                    continue;
                }
                if (revents(program, fds + 8, Constants.POLLIN | ERROR_OR_HANG_UP)) {
                    // Once per round: a box with endless output must not delay the caller's keys.
                    carry(channel, buffer);
                }
                if (revents(program, fds, Constants.POLLIN | ERROR_OR_HANG_UP)) {
                    long read = channel.call(Syscall.READ, input, pending, BUFFER);
                    inputOpen = read > 0 || read == -Errno.EAGAIN || read == -Errno.EINTR;
                    if (read > 0) {
                        byte[] typed = program.read(pending, (int) read);
                        backlog.add(keys == null ? typed : keys.filter(typed));
                    }
                    if (keys != null && keys.isLeft()) {
                        return false;
                    }
                }
                if (!backlog.isEmpty()) {
                    int next = backlog.copyTo(program, pending, BUFFER);
                    backlog.remove(channel.call(Syscall.WRITE, master, pending, next));
                }
                if (!inputOpen && backlog.isEmpty() && keys != null && keys.isLeftAtEnd()) {
                    return false;
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

    /** Copies what can be read at once; returns the number of bytes. */
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
                // The reader is gone: the box continues, its output is lost.
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

    /** Typed input that the box has not read yet. */
    private static final class Backlog {
        private byte[] bytes = new byte[BUFFER];
        private int start;
        private int end;

        boolean isEmpty() {
            return start == end;
        }

        boolean hasRoom() {
            return end - start < MAX_BACKLOG;
        }

        void add(byte[] more) {
            if (end + more.length > bytes.length) {
                byte[] larger = new byte[Math.max(bytes.length, 2 * (end - start + more.length))];
                System.arraycopy(bytes, start, larger, 0, end - start);
                bytes = larger;
                end -= start;
                start = 0;
            }
            System.arraycopy(more, 0, bytes, end, more.length);
            end += more.length;
        }

        int copyTo(Program program, long address, int most) {
            int count = Math.min(most, end - start);
            program.write(address, Arrays.copyOfRange(bytes, start, start + count), count);
            return count;
        }

        void remove(long count) {
            start += (int) Math.max(0, count);
        }
    }

    /** An op that is reused for each call. */
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
