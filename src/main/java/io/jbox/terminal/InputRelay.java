package io.jbox.terminal;

import io.jbox.kernel.Buffer;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.FileLocks;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.kernel.Pipe;
import io.jbox.kernel.Poll;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import org.jspecify.annotations.Nullable;

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
    /** There are no bytes now, but there may be some later. */
    private static final int NOTHING = -1;

    private final Kernel kernel;
    private final Fd input;
    private final Fd until;
    private final boolean doubles;
    private final boolean seeks;
    private Fd pipe;

    /**
     * @param pipe the write end of the box's pipe; closed at the end
     * @param until a descriptor that becomes readable when the program has ended
     */
    InputRelay(Kernel kernel, Fd pipe, Fd until) {
        this.kernel = kernel;
        this.pipe = pipe;
        this.until = until;
        input = Fd.borrowed(kernel, 0);
        FileStatus status = FileStatus.of(input);
        doubles = status != null && status.type() == Constants.S_IFIFO;
        seeks = status != null && status.type() == Constants.S_IFREG;
    }

    @Override
    public void run() {
        try (Buffer buffer = new Buffer(kernel, CHUNK);
                Poll poll = new Poll(kernel, 3)) {
            pipe.setNonBlocking();
            if (!doubles) {
                new Streams(buffer, poll).carry();
                return;
            }
            // Opened again, so that the lock is not shared with other holders of the caller's pipe.
            try (Fd turn = PathCalls.find(kernel, "/proc/self/fd/0", Constants.O_NONBLOCK)) {
                Streams streams = new Streams(buffer, poll);
                if (turn == null || streams.awaitTurn(turn)) {
                    streams.carry();
                }
            }
        } catch (KernelException e) {
            // The box's pipe has no readers any more.
            return;
        } finally {
            pipe.close();
        }
    }

    private final class Streams {
        private final Buffer buffer;
        private final Poll poll;
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

        Streams(Buffer buffer, Poll poll) {
            this.buffer = buffer;
            this.poll = poll;
        }

        /**
         * Waits for another command that duplicates bytes of the same pipe to end; otherwise both would get them.
         *
         * @return false if the program ended first
         */
        boolean awaitTurn(Fd turn) {
            try {
                while (!FileLocks.tryTake(turn)) {
                    if (isOver(LONG)) {
                        return false;
                    }
                }
                return true;
            } catch (KernelException e) {
                // If it cannot be locked, go on without a lock.
                return true;
            }
        }

        void carry() {
            if (doubles) {
                resize(ONE_BUFFER);
            }
            boolean more = true;
            while (more && await(input, Constants.POLLIN, FOR_EVER)) {
                int count = next();
                if (count == 0) {
                    end();
                    break;
                }
                if (count == NOTHING) {
                    more = !isOver(LONG);
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

        /** The number of bytes that are there now; 0 at the end of the input. */
        private int next() {
            try {
                return doubles ? doubled() : buffer.readFrom(input);
            } catch (KernelException e) {
                return e.is(Errno.EAGAIN) ? NOTHING : 0;
            }
        }

        private int doubled() throws KernelException {
            given = 0;
            try {
                int count = Pipe.duplicate(input, pipe, CHUNK);
                given = count;
                return count;
            } finally {
                full = given >= ONE_BUFFER ? full + 1 : 0;
            }
        }

        /** Signals end of file to the program. What it leaves in the pipe can still be counted afterwards. */
        private void end() {
            if (!seeks) {
                return;
            }
            Fd reader = PathCalls.find(kernel, "/proc/self/fd/" + pipe.number(), Constants.O_NONBLOCK);
            if (reader == null) {
                awaitEmpty();
                return;
            }
            pipe.close();
            pipe = reader;
            poll.set(0, null, 0);
            poll.set(1, null, 0);
            poll.await();
        }

        private void resize(int bytes) {
            // A user may have too much memory in pipes already: it works with the size that there is.
            Pipe.tryResize(pipe, bytes);
            size = bytes;
        }

        private boolean write(int count) {
            held = count;
            while (held > 0 && await(pipe, Constants.POLLOUT, FOR_EVER)) {
                try {
                    held -= buffer.writeTo(pipe, count - (int) held, (int) held);
                } catch (KernelException e) {
                    if (!e.is(Errno.EAGAIN)) {
                        return false;
                    }
                }
            }
            return held == 0;
        }

        /** Returns whether the program continues. */
        private boolean awaitEmpty() {
            long patience = SHORT;
            while (Pipe.unread(pipe) > 0) {
                if (size == ONE_BUFFER && !await(pipe, Constants.POLLOUT, FOR_EVER)) {
                    return false;
                }
                // Also if the box has enlarged the pipe.
                if (Pipe.unread(pipe) > 0 && isOver(patience)) {
                    return false;
                }
                patience = Math.min(LONG, 2 * patience);
            }
            return !isOver(0);
        }

        private void putBack() {
            long left = Pipe.unread(pipe);
            if (doubles) {
                take(given - Math.min(left, given));
            } else if (seeks && held + left > 0) {
                setBack(Math.min(read, held + left));
            }
        }

        private void setBack(long bytes) {
            try {
                FileCalls.skip(input, -bytes);
            } catch (KernelException e) {
                // The caller has closed it, and no other process reads from it.
                return;
            }
        }

        private void take(long bytes) {
            long rest = bytes;
            try {
                while (rest > 0 && await(input, Constants.POLLIN, 0)) {
                    int count = buffer.readFrom(input, rest);
                    rest = count == 0 ? 0 : rest - count;
                }
            } catch (KernelException e) {
                // Another process has read them.
                return;
            }
        }

        private boolean isOver(long nanos) {
            await(null, 0, nanos);
            return poll.happened(2) || poll.happened(1);
        }

        /** Returns whether the event occurred; false if the program has ended, or reads no more. */
        private boolean await(@Nullable Fd file, int events, long nanos) {
            poll.set(0, file, events);
            poll.set(1, pipe, 0);
            poll.set(2, until, Constants.POLLIN);
            return poll.await(nanos) && poll.happened(0) && (nanos == 0 || !poll.happened(1) && !poll.happened(2));
        }
    }
}
