package io.jbox.life;

import io.jbox.host.ProcessWatch;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.Inotify;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.Pipe;
import io.jbox.kernel.Poll;
import io.jbox.state.BoxState;
import io.jbox.state.StateFolder;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Waits without polling for changes to boxes: records that are replaced or removed (inotify(7)), and processes that end
 * (pidfd_open(2)).
 */
final class StateWatch implements AutoCloseable {
    private static final int MASK =
            Constants.IN_MOVED_FROM | Constants.IN_CREATE | Constants.IN_DELETE | Constants.IN_DELETE_SELF;
    /** More than a pipe can hold. */
    private static final int WAKES = 64 * 1024;

    private static final String RECORD = "state.json.";

    private final Kernel kernel;
    private final Inotify inotify;
    private final Pipe wake;
    private final Map<Integer, String> boxes = new ConcurrentHashMap<>();

    /** A record of a box was written with this state, or removed because the box has stopped. */
    record Written(String box, BoxState state) {}

    StateWatch(Kernel kernel) {
        this.kernel = kernel;
        try {
            this.inotify = Inotify.open(kernel);
        } catch (KernelException e) {
            throw e.about("inotify");
        }
        try {
            this.wake = Pipe.open(kernel, Constants.O_NONBLOCK);
        } catch (KernelException e) {
            inotify.close();
            throw e.about("pipe");
        }
    }

    /** Wakes the thread that waits. */
    void wake() {
        try {
            FileCalls.writeOnce(wake.write(), new byte[] {'w'});
        } catch (KernelException e) {
            // The pipe is full, so a wake is already pending.
            return;
        }
    }

    /**
     * Watches a folder. Adding one twice is harmless.
     *
     * @param box the box of this state folder; empty for the parent folder
     */
    void add(String folder, String box) {
        try {
            boxes.put(inotify.watch(folder, MASK), box);
        } catch (KernelException e) {
            // The folder is gone; the watch on its parent reports that.
            return;
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
        try (Poll poll = new Poll(kernel, processes.size() + 2)) {
            poll.set(0, inotify.queue(), Constants.POLLIN);
            poll.set(1, wake.read(), Constants.POLLIN);
            for (int i = 0; i < processes.size(); i++) {
                poll.set(i + 2, processes.get(i).pidfd(), Constants.POLLIN);
            }
            return poll.await(millis < 0 ? millis : TimeUnit.MILLISECONDS.toNanos(millis));
        }
    }

    /**
     * Reads what has happened since the last time.
     *
     * @param records takes every record that was written or taken away, in order
     * @return whether anything has happened
     */
    boolean read(Consumer<Written> records) {
        List<Inotify.Event> events;
        try {
            empty(wake.read());
            events = inotify.read();
        } catch (KernelException e) {
            return false;
        }
        for (Inotify.Event event : events) {
            String box = boxes.get(event.watch());
            boolean moved = (event.mask() & Constants.IN_MOVED_FROM) != 0;
            if (moved && box != null && event.name().startsWith(RECORD)) {
                records.accept(new Written(box, BoxState.valueOf(event.name().substring(RECORD.length()))));
            }
            boolean removed = (event.mask() & Constants.IN_DELETE) != 0;
            if (removed && box != null && event.name().equals(StateFolder.RECORD)) {
                records.accept(new Written(box, BoxState.STOPPED));
            }
        }
        return !events.isEmpty();
    }

    private static void empty(Fd pipe) throws KernelException {
        try {
            FileCalls.read(pipe, WAKES);
        } catch (KernelException e) {
            if (!e.is(Errno.EAGAIN)) {
                throw e;
            }
        }
    }

    @Override
    public void close() {
        inotify.close();
        wake.read().close();
        wake.write().close();
    }
}
