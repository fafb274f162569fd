package io.jbox.kernel;

import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Waits for descriptors, also for the end of processes by their pidfds (ppoll(2)). What a signal interrupts goes on with
 * the time that is left. Not thread-safe.
 */
public final class Poll implements AutoCloseable {
    private static final long NANOS = 1_000_000_000;
    private static final long FOREVER = -1;
    /** The size of struct pollfd in bytes. */
    private static final int ENTRY = 8;

    private final Kernel kernel;
    private final Arena arena;
    private final Program program;
    private final long entries;
    private final long timeout;
    private final Op op;

    /** @param count of descriptors */
    public Poll(Kernel kernel, int count) {
        this.kernel = kernel;
        this.arena = kernel.arena();
        this.program = arena.program();
        this.entries = program.space(count * ENTRY);
        this.timeout = program.words(0, 0);
        this.op = program.op(Syscall.PPOLL, entries, count, 0, 0, Long.BYTES).next(0);
        for (int i = 0; i < count; i++) {
            set(i, null, 0);
        }
    }

    /**
     * Says what to wait for. Errors and the other end's leaving always count.
     *
     * @param file null for nothing
     * @param events POLLIN, …
     */
    public void set(int index, @Nullable Fd file, int events) {
        program.writeInt(entry(index), file == null ? -1 : file.number());
        program.writeInt(entry(index) + Integer.BYTES, events);
    }

    /** Waits until something has happened. */
    public void await() {
        await(FOREVER);
    }

    /**
     * Waits until something has happened, or time is over.
     *
     * @param nanos negative for no limit
     * @return whether something has happened
     */
    public boolean await(long nanos) {
        long end = System.nanoTime() + nanos;
        op.argument(2, nanos < 0 ? 0 : timeout);
        do {
            long left = Math.max(0, end - System.nanoTime());
            program.writeLong(timeout, left / NANOS);
            program.writeLong(timeout + Long.BYTES, left % NANOS);
            kernel.walk(op.address());
        } while (op.result() == -Errno.EINTR);
        return op.result() > 0;
    }

    /** What has happened to a descriptor: POLLIN, POLLHUP, …; 0 for nothing. */
    public int events(int index) {
        return program.readInt(entry(index) + Integer.BYTES) >>> Short.SIZE;
    }

    /** Whether anything has happened to a descriptor. */
    public boolean happened(int index) {
        return events(index) != 0;
    }

    private long entry(int index) {
        return entries + (long) index * ENTRY;
    }

    @Override
    public void close() {
        arena.close();
    }

    /**
     * Whether a descriptor is readable, or the process of a pidfd has ended.
     *
     * @param millis how long to wait for that; negative for no limit
     */
    public static boolean isReadable(Fd descriptor, long millis) {
        try (Poll poll = new Poll(descriptor.kernel(), 1)) {
            poll.set(0, descriptor, Constants.POLLIN);
            return poll.await(millis < 0 ? FOREVER : TimeUnit.MILLISECONDS.toNanos(millis));
        }
    }

    /** The same for a descriptor that stays the caller's. */
    public static boolean isReadable(Kernel kernel, int descriptor, long millis) {
        return isReadable(Fd.borrowed(kernel, descriptor), millis);
    }

    /** Waits until a descriptor can be written to, or its reader is gone. */
    public static void awaitWritable(Fd descriptor) {
        try (Poll poll = new Poll(descriptor.kernel(), 1)) {
            poll.set(0, descriptor, Constants.POLLOUT);
            poll.await();
        }
    }
}
