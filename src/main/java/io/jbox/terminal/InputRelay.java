package io.jbox.terminal;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;

/**
 * Copies standard input into a pipe of the box, and consumes only what the program has read.
 *
 * <p>Bytes from a pipe are duplicated (tee(2)) and consumed only after the program has read them. A file's offset is
 * set back over what was not read. So a shell loop that reads lines is not robbed of them by a command in the loop.
 */
final class InputRelay extends Thread {
    private static final int CHUNK = 64 * 1024;
    /** One page: a pipe of this size is writable again when all its content has been read (pipe(7)). */
    private static final int ONE_BUFFER = 4096;
    /** After this many full buffers in a row the pipe is enlarged; then it has to be polled until it is empty. */
    private static final int STREAM = 16;

    /** Nanoseconds between two polls. */
    private static final long SHORT = 20_000;

    private static final long LONG = 10_000_000;
    private static final long FOR_EVER = -1;

    private final Kernel kernel;
    private int pipe;
    private final int until;
    private final boolean doubles;
    private final boolean seeks;

    /**
     * @param pipe the write end of the box's pipe; closed at the end
     * @param until a descriptor that becomes readable when the program has ended
     */
    InputRelay(Kernel kernel, int pipe, int until) {
        this.kernel = kernel;
        this.pipe = pipe;
        this.until = until;
        FileStatus status = FileStatus.of(kernel, 0);
        doubles = status != null && status.type() == Constants.S_IFIFO;
        seeks = status != null && status.type() == Constants.S_IFREG;
    }

    @Override
    public void run() {
        try (Arena arena = kernel.arena()) {
            kernel.call(Syscall.FCNTL, pipe, Constants.F_SETFL, Constants.O_NONBLOCK);
            Streams streams = new Streams(arena.program());
            streams.carry();
            kernel.call(Syscall.CLOSE, streams.turn);
        } finally {
            kernel.call(Syscall.CLOSE, pipe);
        }
    }

    private final class Streams {
        private final Program program;
        private final long buffer;
        private final long word;
        private final long pollfds;
        private final long timeout;
        private final Op poll;
        private int turn = -1;
        private int size;
        private int full;
        /** Bytes put into the box's pipe since it was last seen empty. */
        private long given;
        /** Bytes read from the caller's input, and not yet in the box's pipe. */
        private long held;
        /**
         * Bytes read from the caller's file since the program began; the offset is never set back further, whatever the
         * pipe contains.
         */
        private long read;

        Streams(Program program) {
            this.program = program;
            buffer = program.space(CHUNK);
            word = program.words(0);
            pollfds = program.words(0, 0, until & 0xffff_ffffL | (long) Constants.POLLIN << 32);
            timeout = program.words(0, 0);
            poll = program.op(Syscall.PPOLL, pollfds, 3, timeout, 0, 8).next(0);
        }

        /**
         * Waits for another command that duplicates bytes of the same pipe to end; otherwise both would get them.
         *
         * @return false if the program ended first
         */
        boolean awaitTurn() {
            turn = (int) kernel.call(
                    Syscall.OPENAT,
                    Constants.AT_FDCWD,
                    program.text("/proc/self/fd/0"),
                    Constants.O_NONBLOCK | Constants.O_CLOEXEC,
                    0);
            while (turn >= 0
                    && kernel.call(Syscall.FLOCK, turn, Constants.LOCK_EX | Constants.LOCK_NB) == -Errno.EAGAIN) {
                if (isOver(LONG)) {
                    return false;
                }
            }
            return true;
        }

        void carry() {
            boolean more = !doubles || awaitTurn() && resize(ONE_BUFFER);
            while (more && await(0, Constants.POLLIN, FOR_EVER)) {
                long count = doubles ? doubled() : kernel.call(Syscall.READ, 0, buffer, CHUNK);
                if (count == -Errno.EINTR || count == -Errno.EAGAIN) {
                    more = !isOver(LONG);
                } else if (count <= 0) {
                    end();
                    break;
                } else {
                    read += doubles ? 0 : count;
                    more = doubles ? awaitEmpty() : write(count);
                }
                if (more && doubles) {
                    take(given);
                    given = 0;
                    if (full >= STREAM != size > ONE_BUFFER) {
                        resize(full >= STREAM ? CHUNK : ONE_BUFFER);
                    }
                }
            }
            putBack();
        }

        /** Signals end of file to the program. What it leaves in the pipe can still be counted afterwards. */
        private void end() {
            if (!seeks) {
                return;
            }
            int reader = (int) kernel.call(
                    Syscall.OPENAT,
                    Constants.AT_FDCWD,
                    program.text("/proc/self/fd/" + pipe),
                    Constants.O_NONBLOCK | Constants.O_CLOEXEC,
                    0);
            if (reader < 0) {
                awaitEmpty();
                return;
            }
            kernel.call(Syscall.CLOSE, pipe);
            pipe = reader;
            while (kernel.call(Syscall.PPOLL, pollfds + 2 * Long.BYTES, 1, 0, 0, 8) == -Errno.EINTR) {
                continue;
            }
        }

        private long doubled() {
            long count = kernel.call(Syscall.TEE, 0, pipe, CHUNK, Constants.SPLICE_F_NONBLOCK);
            given = Math.max(0, count);
            full = given >= ONE_BUFFER ? full + 1 : 0;
            return count;
        }

        private boolean resize(int bytes) {
            size = bytes;
            return kernel.call(Syscall.FCNTL, pipe, Constants.F_SETPIPE_SZ, bytes) != -Errno.EBADF;
        }

        private boolean write(long count) {
            held = count;
            while (held > 0 && await(pipe, Constants.POLLOUT, FOR_EVER)) {
                long written = kernel.call(Syscall.WRITE, pipe, buffer + count - held, held);
                held -= Math.max(0, written);
                if (written < 0 && written != -Errno.EAGAIN && written != -Errno.EINTR) {
                    return false;
                }
            }
            return held == 0;
        }

        /** Returns whether the program continues. */
        private boolean awaitEmpty() {
            long patience = SHORT;
            while (unread() > 0) {
                if (size == ONE_BUFFER && !await(pipe, Constants.POLLOUT, FOR_EVER)) {
                    return false;
                }
                // Also if the box has enlarged the pipe.
                if (unread() > 0 && isOver(patience)) {
                    return false;
                }
                patience = Math.min(LONG, 2 * patience);
            }
            return !isOver(0);
        }

        private long unread() {
            return kernel.call(Syscall.IOCTL, pipe, Constants.FIONREAD, word) < 0 ? 0 : program.readInt(word);
        }

        private void putBack() {
            long left = unread();
            if (doubles) {
                take(given - Math.min(left, given));
            } else if (seeks && held + left > 0) {
                kernel.call(Syscall.LSEEK, 0, -Math.min(read, held + left), Constants.SEEK_CUR);
            }
        }

        private void take(long bytes) {
            long rest = bytes;
            while (rest > 0 && await(0, Constants.POLLIN, 0)) {
                long count = kernel.call(Syscall.READ, 0, buffer, Math.min(rest, CHUNK));
                if (count <= 0 && count != -Errno.EINTR) {
                    return;
                }
                rest -= Math.max(0, count);
            }
        }

        private boolean isOver(long nanos) {
            poll(-1, 0, nanos);
            return happened(2) || happened(1);
        }

        /** Returns whether the event occurred; false if the program has ended, or reads no more. */
        private boolean await(int descriptor, int events, long nanos) {
            do {
                poll(descriptor, events, nanos);
            } while (poll.result() == -Errno.EINTR);
            return poll.result() > 0 && happened(0) && (nanos == 0 || !happened(1) && !happened(2));
        }

        private void poll(int descriptor, int events, long nanos) {
            program.writeLong(pollfds, descriptor & 0xffff_ffffL | (long) events << 32);
            program.writeLong(pollfds + Long.BYTES, pipe & 0xffff_ffffL);
            program.writeLong(pollfds + 2 * Long.BYTES, until & 0xffff_ffffL | (long) Constants.POLLIN << 32);
            program.writeLong(timeout + Long.BYTES, nanos);
            poll.argument(2, nanos < 0 ? 0 : timeout);
            kernel.walk(poll.address());
        }

        private boolean happened(int index) {
            return program.readInt(pollfds + (long) index * Long.BYTES + Integer.BYTES) >>> 16 != 0;
        }
    }
}
