package io.jbox.kernel;

import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Is told of changes in folders (inotify(7)). Never waits; its descriptor is readable when there are any. */
public final class Inotify implements AutoCloseable {
    private static final int BUFFER = 16 * 1024;
    private static final int MASK = 4;
    private static final int LENGTH = 12;
    private static final int HEADER = 16;

    private final Fd queue;

    /**
     * A change in a folder.
     *
     * @param watch the folder, as a number of {@link #watch}
     * @param mask IN_CREATE, …
     * @param name of the file; empty for the folder itself
     */
    public record Event(int watch, int mask, String name) {}

    private Inotify(Fd queue) {
        this.queue = queue;
    }

    /** Opens a queue without any folder. */
    public static Inotify open(Kernel kernel) throws KernelException {
        long flags = Constants.O_CLOEXEC | Constants.O_NONBLOCK;
        return new Inotify(Fd.of(kernel, (int) Calls.make(kernel, Syscall.INOTIFY_INIT1, flags)));
    }

    /** Its descriptor, to wait for. */
    public Fd queue() {
        return queue;
    }

    /**
     * Watches a folder; again does no harm.
     *
     * @param mask of the events that are wanted
     * @return the folder's number
     */
    public int watch(String folder, int mask) throws KernelException {
        try (Arena arena = queue.kernel().arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.INOTIFY_ADD_WATCH, queue.number(), program.text(folder), mask);
            return (int) Calls.make(queue.kernel(), op);
        }
    }

    /** What has happened since the last time, in order; empty if nothing has. */
    public List<Event> read() throws KernelException {
        List<Event> events = new ArrayList<>();
        try {
            for (byte[] bytes = FileCalls.read(queue, BUFFER);
                    bytes.length > 0;
                    bytes = FileCalls.read(queue, BUFFER)) {
                add(bytes, events);
            }
            return events;
        } catch (KernelException e) {
            if (e.is(Errno.EAGAIN)) {
                return events;
            }
            throw e;
        }
    }

    private static void add(byte[] bytes, List<Event> events) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < bytes.length; at += HEADER + in.getInt(at + LENGTH)) {
            int start = at + HEADER;
            int end = start;
            while (end < start + in.getInt(at + LENGTH) && bytes[end] != 0) {
                end++;
            }
            String name = new String(bytes, start, end - start, StandardCharsets.UTF_8);
            events.add(new Event(in.getInt(at), in.getInt(at + MASK), name));
        }
    }

    @Override
    public void close() {
        queue.close();
    }
}
