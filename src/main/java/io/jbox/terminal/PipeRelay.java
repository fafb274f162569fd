package io.jbox.terminal;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;

/** Copies a box's output until it ends or the reader is gone; then closes the pipe. */
final class PipeRelay extends Thread {
    private static final int BUFFER = 64 * 1024;

    private final Kernel kernel;
    private final int from;
    private final int to;
    private final int until;
    private volatile int error;

    /**
     * @param from the box's pipe; closed at the end
     * @param until a descriptor that becomes readable when only what is in the pipe now remains to be copied; -1 for
     *     none
     */
    PipeRelay(Kernel kernel, int from, int to, int until) {
        this.until = until;
        this.kernel = kernel;
        this.from = from;
        this.to = to;
    }

    @Override
    public void run() {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long buffer = program.space(BUFFER);
            Op read = program.op(Syscall.READ, from, buffer, BUFFER).next(0);
            Op write = program.op(Syscall.WRITE, to).next(0);
            long pollfds = program.words(
                    from | (long) Constants.POLLIN << 32, until & 0xffff_ffffL | (long) Constants.POLLIN << 32);
            Op poll = program.op(Syscall.PPOLL, pollfds, 2, 0, 0, 8).next(0);
            Op room = program.op(Syscall.PPOLL, program.words(to | (long) Constants.POLLOUT << 32), 1, 0, 0, Long.BYTES)
                    .next(0);
            long waiting = program.space(Integer.BYTES);
            Op ask =
                    program.op(Syscall.IOCTL, from, Constants.FIONREAD, waiting).next(0);
            boolean over = false;
            long last = 0;
            while (!over || last > 0) {
                if (until >= 0 && !over) {
                    kernel.walk(poll.address());
                    if (poll.result() < 0) {
                        continue;
                    }
                    over = program.readInt(pollfds + Long.BYTES + Integer.BYTES) >>> 16 != 0;
                    if (over) {
                        // A background process may keep the pipe open and write to it: later output is discarded.
                        kernel.call(Syscall.FCNTL, from, Constants.F_SETFL, Constants.O_NONBLOCK);
                        kernel.walk(ask.address());
                        last = program.readInt(waiting);
                        continue;
                    }
                }
                read.argument(2, over ? Math.min(last, BUFFER) : BUFFER);
                kernel.walk(read.address());
                long count = read.result();
                if (count == -Errno.EINTR) {
                    continue;
                }
                if (count <= 0 || !write(write, room, buffer, count)) {
                    return;
                }
                last -= over ? count : 0;
            }
        } finally {
            kernel.call(Syscall.CLOSE, from);
        }
    }

    /**
     * Waits until there are no more bytes.
     *
     * @throws JboxException if some could not be written, unless the reader closed its end
     */
    void finish() throws InterruptedException {
        join();
        if (error != 0 && error != Errno.EPIPE) {
            throw new JboxException("descriptor " + to + ": write: " + Errno.describe(error));
        }
    }

    private boolean write(Op write, Op room, long buffer, long count) {
        long done = 0;
        while (done < count) {
            write.argument(1, buffer + done).argument(2, count - done);
            kernel.walk(write.address());
            if (write.result() == -Errno.EAGAIN) {
                // The caller's descriptor, which the caller has made non-blocking.
                kernel.walk(room.address());
            } else if (write.result() < 0 && write.result() != -Errno.EINTR) {
                error = (int) -write.result();
                return false;
            }
            done += Math.max(0, write.result());
        }
        return true;
    }
}
