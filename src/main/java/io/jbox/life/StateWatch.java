package io.jbox.life;

import io.jbox.host.ProcessWatch;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.state.BoxState;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Wakes up when something happens to boxes, without polling: records that are replaced or removed (inotify(7)), processes
 * that end (pidfd_open(2)).
 */
final class StateWatch implements AutoCloseable {
    private static final int BUFFER = 16 * 1024;
    private static final int HEADER = 16;
    private static final int MASK =
            Constants.IN_MOVED_FROM | Constants.IN_CREATE | Constants.IN_DELETE | Constants.IN_DELETE_SELF;
    private static final String RECORD = "state.json.";

    private final Kernel kernel;
    private final int inotify;
    private final int wakeRead;
    private final int wakeWrite;
    private final Map<Integer, String> boxes = new ConcurrentHashMap<>();

    /** A record of a box was written, with a state in it. */
    record Written(String box, BoxState state) {}

    StateWatch(Kernel kernel) {
        this.kernel = kernel;
        this.inotify = (int) kernel.call(Syscall.INOTIFY_INIT1, Constants.O_CLOEXEC | Constants.O_NONBLOCK);
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long pair = program.space(2 * Integer.BYTES);
            kernel.walk(program.op(Syscall.PIPE2, pair, Constants.O_CLOEXEC | Constants.O_NONBLOCK)
                    .next(0)
                    .address());
            this.wakeRead = program.readInt(pair);
            this.wakeWrite = program.readInt(pair + Integer.BYTES);
        }
    }

    /** Lets who waits in another thread look again. */
    void wake() {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            kernel.walk(program.op(Syscall.WRITE, wakeWrite, program.text("w"), 1)
                    .next(0)
                    .address());
        }
    }

    /**
     * Watches a folder; again does no harm.
     *
     * @param box whose state folder it is; empty for the one above
     */
    void add(String folder, String box) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.INOTIFY_ADD_WATCH, inotify, program.text(folder), MASK)
                    .next(0);
            kernel.walk(op.address());
            if (op.result() >= 0) {
                boxes.put((int) op.result(), box);
            }
        }
    }

    /**
     * Waits until something has happened.
     *
     * @param processes to wait for the end of
     * @param millis at most; negative for no limit
     * @return false if the time is over
     */
    boolean await(List<ProcessWatch> processes, long millis) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            int count = processes.size() + 2;
            long pollfds = program.space(count * Long.BYTES);
            program.writeLong(pollfds, inotify | (long) Constants.POLLIN << 32);
            program.writeLong(pollfds + Long.BYTES, wakeRead | (long) Constants.POLLIN << 32);
            for (int i = 0; i < processes.size(); i++) {
                program.writeLong(
                        pollfds + (i + 2L) * Long.BYTES, processes.get(i).pidfd() | (long) Constants.POLLIN << 32);
            }
            long timeout = program.words(Math.max(0, millis) / 1000, Math.max(0, millis) % 1000 * 1_000_000);
            Op poll = program.op(Syscall.PPOLL, pollfds, count, millis < 0 ? 0 : timeout, 0, 8)
                    .next(0);
            kernel.walk(poll.address());
            return poll.result() != 0;
        }
    }

    /**
     * Reads what has happened since the last time.
     *
     * @param records takes every record that was written, in order
     * @return whether anything has happened, be it only that a record was removed
     */
    boolean read(Consumer<Written> records) {
        boolean happened = false;
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long buffer = program.space(BUFFER);
            kernel.walk(
                    program.op(Syscall.READ, wakeRead, buffer, BUFFER).next(0).address());
            Op read = program.op(Syscall.READ, inotify, buffer, BUFFER).next(0);
            for (kernel.walk(read.address()); read.result() > 0; kernel.walk(read.address())) {
                happened = true;
                long at = buffer;
                while (at < buffer + read.result()) {
                    int length = program.readInt(at + 12);
                    String box = boxes.get(program.readInt(at));
                    String name = new String(program.read(at + HEADER, length), StandardCharsets.UTF_8).trim();
                    int end = name.indexOf('\0');
                    name = end < 0 ? name : name.substring(0, end);
                    boolean moved = (program.readInt(at + 4) & Constants.IN_MOVED_FROM) != 0;
                    if (moved && box != null && name.startsWith(RECORD)) {
                        records.accept(new Written(box, BoxState.valueOf(name.substring(RECORD.length()))));
                    }
                    at += HEADER + length;
                }
            }
        }
        return happened;
    }

    @Override
    public void close() {
        kernel.call(Syscall.CLOSE, inotify);
        kernel.call(Syscall.CLOSE, wakeRead);
        kernel.call(Syscall.CLOSE, wakeWrite);
    }
}
