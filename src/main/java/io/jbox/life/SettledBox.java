package io.jbox.life;

import io.jbox.host.ProcessWatch;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;
import org.jspecify.annotations.Nullable;

/**
 * A locked box of which earlier runs have been cleaned up.
 *
 * @param record null if it does not run
 */
record SettledBox(BoxLock lock, @Nullable BoxRecord record) implements AutoCloseable {
    /** How long an earlier run of the box may take to end its hooks. */
    private static final long AFTERMATH_MILLIS = 120_000;

    /**
     * Takes the lock, and waits for the cleanup of an earlier run; does it here if no process does.
     *
     * @throws JboxException if that takes too long
     */
    static SettledBox take(BoxRegistry registry, String name) {
        Settler settler = registry.settler();
        while (true) {
            BoxLock lock = BoxLock.make(registry.kernel(), registry.state(), name);
            boolean keep = false;
            try {
                BoxRecord record = settler.read(name);
                BoxState state = record == null ? BoxState.STOPPED : settler.judge(record);
                if (record == null || !isAftermath(state, record)) {
                    SettledBox box = new SettledBox(lock, settled(settler, record, state));
                    keep = true;
                    return box;
                }
                lock.close();
                awaitAftermath(registry, record);
            } finally {
                if (!keep) {
                    lock.close();
                }
            }
        }
    }

    private static @Nullable BoxRecord settled(Settler settler, @Nullable BoxRecord record, BoxState state) {
        // No start is under way: it would hold the lock.
        boolean over = state == BoxState.STOPPED || state == BoxState.STARTING || state == BoxState.ABORTING;
        if (record != null && over) {
            settler.finish(record);
        }
        return over ? null : record;
    }

    /** Whether a box has ended and its cleanup is still under way. */
    static boolean isAftermath(BoxState state, BoxRecord record) {
        ProcessId init = record.init();
        return state == BoxState.STOPPING && init != null && !init.isAlive();
    }

    private static void awaitAftermath(BoxRegistry registry, BoxRecord record) {
        try (ProcessWatch monitor = ProcessWatch.find(registry.kernel(), record.monitor())) {
            if (monitor != null && !monitor.await(AFTERMATH_MILLIS)) {
                throw new JboxException(record.spec().name() + ": still cleaning up after its last run");
            }
        }
    }

    @Override
    public void close() {
        lock.close();
    }
}
