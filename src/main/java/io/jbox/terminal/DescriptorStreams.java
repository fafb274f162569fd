package io.jbox.terminal;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;

/** Java streams over pipe descriptors. */
public final class DescriptorStreams {
    private static final int BUFFER = 64 * 1024;

    private DescriptorStreams() {}

    /** The bytes of a pipe until it is closed, or until a process has ended and the pipe is empty. */
    public static final class Input extends InputStream {
        private final Kernel kernel;
        private final int pipe;
        private final int pidfd;
        private boolean over;
        private boolean closed;

        public Input(Kernel kernel, int pipe, int pidfd) {
            this.kernel = kernel;
            this.pipe = pipe;
            this.pidfd = pidfd;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (closed) {
                throw new IOException("the stream is closed");
            }
            try (Arena arena = kernel.arena()) {
                Program program = arena.program();
                long buffer = program.space(Math.min(length, BUFFER));
                long pollfds =
                        program.words(pipe | (long) Constants.POLLIN << 32, pidfd | (long) Constants.POLLIN << 32);
                Op poll = program.op(Syscall.PPOLL, pollfds, 2, 0, 0, 8).next(0);
                Op read = program.op(Syscall.READ, pipe, buffer, Math.min(length, BUFFER))
                        .next(0);
                while (true) {
                    if (!over) {
                        kernel.walk(poll.address());
                        over = program.readInt(pollfds + Long.BYTES + Integer.BYTES) >>> 16 != 0;
                        if (over) {
                            kernel.call(Syscall.FCNTL, pipe, Constants.F_SETFL, Constants.O_NONBLOCK);
                        }
                    }
                    kernel.walk(read.address());
                    long count = read.result();
                    if (count > 0) {
                        byte[] got = program.read(buffer, (int) count);
                        System.arraycopy(got, 0, bytes, offset, got.length);
                        return got.length;
                    }
                    if (count == 0 || count == -Errno.EAGAIN) {
                        return -1;
                    }
                    if (count != -Errno.EINTR) {
                        throw new IOException(Errno.describe((int) -count));
                    }
                }
            }
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                kernel.call(Syscall.CLOSE, pipe);
            }
        }
    }

    /** Writes to a pipe. */
    public static final class Output extends OutputStream {
        private final Kernel kernel;
        private final int pipe;
        private boolean closed;

        public Output(Kernel kernel, int pipe) {
            this.kernel = kernel;
            this.pipe = pipe;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (closed) {
                throw new IOException("the stream is closed");
            }
            int done = 0;
            while (done < length) {
                try (Arena arena = kernel.arena()) {
                    Program program = arena.program();
                    byte[] chunk = Arrays.copyOfRange(bytes, offset + done, offset + Math.min(length, done + BUFFER));
                    Op write = program.op(Syscall.WRITE, pipe, program.bytes(chunk), chunk.length)
                            .next(0);
                    kernel.walk(write.address());
                    if (write.result() < 0 && write.result() != -Errno.EINTR) {
                        throw new IOException(Errno.describe((int) -write.result()));
                    }
                    done += (int) Math.max(0, write.result());
                }
            }
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                kernel.call(Syscall.CLOSE, pipe);
            }
        }
    }
}
