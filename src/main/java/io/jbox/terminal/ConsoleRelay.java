package io.jbox.terminal;

import io.jbox.kernel.Buffer;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.Poll;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
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

    private static final int READABLE = Constants.POLLIN | Constants.POLLERR | Constants.POLLHUP;

    private final Kernel kernel;
    private final Fd master;
    private final Fd process;
    private final @Nullable Fd input;
    private final Fd output;
    private final @Nullable Keys keys;
    private final @Nullable ConsoleLog log;
    private boolean inputOpen;
    private boolean outputOpen = true;

    /**
     * @param master the host's end of the terminal, non-blocking
     * @param process the pidfd of the process whose end ends the relay
     * @param input the caller's, or null for none
     * @param output the caller's
     * @param keys filters the typed keys; null to pass all of them to the box
     * @param log receives the box's output; null for none
     */
    public ConsoleRelay(
            Kernel kernel,
            Fd master,
            Fd process,
            @Nullable Fd input,
            Fd output,
            @Nullable Keys keys,
            @Nullable ConsoleLog log) {
        this.kernel = kernel;
        this.master = master;
        this.process = process;
        this.input = input;
        this.output = output;
        this.keys = keys;
        this.log = log;
        this.inputOpen = input != null;
    }

    /**
     * Returns when the process has ended and all its output is written, or the caller has left.
     *
     * @return whether the process has ended
     */
    public boolean run() {
        try (Poll poll = new Poll(kernel, 3);
                Buffer written = new Buffer(kernel, BUFFER);
                Buffer pending = new Buffer(kernel, BUFFER)) {
            Backlog backlog = new Backlog();
            poll.set(2, process, Constants.POLLIN);
            while (true) {
                poll.set(0, inputOpen && backlog.hasRoom() ? input : null, Constants.POLLIN);
                poll.set(1, master, backlog.isEmpty() ? Constants.POLLIN : Constants.POLLIN | Constants.POLLOUT);
                poll.await();
                if ((poll.events(1) & READABLE) != 0) {
                    // Once per round: a box with endless output must not delay the caller's keys.
                    carry(written);
                }
                if (input != null && (poll.events(0) & READABLE) != 0) {
                    byte[] typed = type(input, pending);
                    backlog.add(keys == null || typed.length == 0 ? typed : keys.filter(typed));
                    if (keys != null && keys.isLeft()) {
                        return false;
                    }
                }
                if (!backlog.isEmpty()) {
                    backlog.writeTo(master, pending);
                }
                if (!inputOpen && backlog.isEmpty() && keys != null && keys.isLeftAtEnd()) {
                    return false;
                }
                if (poll.happened(2)) {
                    for (long last = 0, read = 1; read > 0 && last < MAX_LAST; last += read) {
                        read = carry(written);
                    }
                    return true;
                }
            }
        }
    }

    /** What the caller has typed; nothing at its end. */
    private byte[] type(Fd keyboard, Buffer buffer) {
        try {
            int read = buffer.readFrom(keyboard);
            inputOpen = read > 0;
            return buffer.bytes(read);
        } catch (KernelException e) {
            inputOpen = e.is(Errno.EAGAIN);
            return new byte[0];
        }
    }

    /** Copies what can be read at once; returns the number of bytes. */
    private int carry(Buffer buffer) {
        int read;
        try {
            read = buffer.readFrom(master);
        } catch (KernelException e) {
            // EAGAIN: nothing now; EIO: nobody has the terminal open.
            return 0;
        }
        if (log != null && read > 0) {
            log.append(buffer.bytes(read));
        }
        if (outputOpen) {
            try {
                buffer.writeAllTo(output, read);
            } catch (KernelException e) {
                // The reader is gone: the box continues, its output is lost.
                outputOpen = false;
            }
        }
        return read;
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

        /** Writes what the box has room for. */
        void writeTo(Fd terminal, Buffer buffer) {
            int count = Math.min(BUFFER, end - start);
            buffer.put(Arrays.copyOfRange(bytes, start, start + count));
            try {
                start += buffer.writeTo(terminal, 0, count);
            } catch (KernelException e) {
                // There is no room, or nobody to read it; the next round tries again.
                return;
            }
        }
    }
}
