package io.jbox.box;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;

/** Carries bytes one way until there are no more, or nobody wants them; then closes the pipe. */
final class PipeRelay implements Runnable {
    private static final int BUFFER = 64 * 1024;

    private final Kernel kernel;
    private final int from;
    private final int to;
    private final int pipe;

    /** @param pipe the one of the two that is closed at the end */
    PipeRelay(Kernel kernel, int from, int to, int pipe) {
        this.kernel = kernel;
        this.from = from;
        this.to = to;
        this.pipe = pipe;
    }

    @Override
    public void run() {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long buffer = program.space(BUFFER);
            Op read = program.op(Syscall.READ, from, buffer, BUFFER).next(0);
            Op write = program.op(Syscall.WRITE, to).next(0);
            while (true) {
                kernel.walk(read.address());
                long count = read.result();
                if (count == -Errno.EINTR) {
                    continue;
                }
                if (count <= 0 || !write(write, buffer, count)) {
                    return;
                }
            }
        } finally {
            kernel.call(Syscall.CLOSE, pipe);
        }
    }

    private boolean write(Op write, long buffer, long count) {
        long done = 0;
        while (done < count) {
            write.argument(1, buffer + done).argument(2, count - done);
            kernel.walk(write.address());
            if (write.result() < 0 && write.result() != -Errno.EINTR) {
                return false;
            }
            done += Math.max(0, write.result());
        }
        return true;
    }
}
