package io.jbox.terminal;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.Poll;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
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
        private final Fd pipe;
        private final Fd process;
        private boolean over;

        /**
         * @param pipe closed with the stream
         * @param process a pidfd
         */
        public Input(Kernel kernel, Fd pipe, Fd process) {
            this.kernel = kernel;
            this.pipe = pipe;
            this.process = process;
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
            if (!pipe.isOpen()) {
                throw new IOException("the stream is closed");
            }
            try {
                if (!over && isOver()) {
                    over = true;
                    pipe.setNonBlocking();
                }
                byte[] got = FileCalls.read(pipe, Math.min(length, BUFFER));
                System.arraycopy(got, 0, bytes, offset, got.length);
                return got.length == 0 ? -1 : got.length;
            } catch (KernelException e) {
                if (e.is(Errno.EAGAIN)) {
                    return -1;
                }
                throw new IOException(e.words());
            }
        }

        /** Waits until there is something to read, or the process has ended; returns whether it has. */
        private boolean isOver() {
            try (Poll poll = new Poll(kernel, 2)) {
                poll.set(0, pipe, Constants.POLLIN);
                poll.set(1, process, Constants.POLLIN);
                poll.await();
                return poll.happened(1);
            }
        }

        @Override
        public void close() {
            pipe.close();
        }
    }

    /** Writes to a pipe. */
    public static final class Output extends OutputStream {
        private final Fd pipe;

        /** @param pipe closed with the stream */
        public Output(Fd pipe) {
            this.pipe = pipe;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (!pipe.isOpen()) {
                throw new IOException("the stream is closed");
            }
            try {
                int done = 0;
                while (done < length) {
                    int end = offset + Math.min(length, done + BUFFER);
                    done += FileCalls.writeOnce(pipe, Arrays.copyOfRange(bytes, offset + done, end));
                }
            } catch (KernelException e) {
                throw new IOException(e.words());
            }
        }

        @Override
        public void close() {
            pipe.close();
        }
    }
}
