package io.jbox.life;

import io.jbox.host.ProcessWatch;
import io.jbox.kernel.Kernel;
import io.jbox.nic.NicJournal;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;
import io.jbox.state.StateFolder;

/** Takes a box's lock for a start, when an earlier run of the box has left nothing behind. */
final class StartLock {
    /** How long an earlier run of the box may take to end its hooks. */
    private static final long AFTERMATH_MILLIS = 120_000;

    private final BoxRegistry registry;
    private final Kernel kernel;
    private final StateFolder folder;
    private final Settler settler;

    StartLock(BoxRegistry registry) {
        this.registry = registry;
        this.kernel = registry.kernel();
        this.folder = registry.state();
        this.settler = registry.settler();
    }

    /** The box's lock, once nothing of an earlier run is left. */
    BoxLock take(String box) {
        while (true) {
            BoxLock lock = BoxLock.make(kernel, folder, box);
            boolean keep = false;
            try {
                BoxRecord record = settler.read(box);
                if (record == null) {
                    refuseIfOwed(box);
                    keep = true;
                    return lock;
                }
                BoxState state = settler.judge(record);
                if (state == BoxState.STOPPED || state == BoxState.STARTING || state == BoxState.ABORTING) {
                    settler.finish(record);
                    refuseIfOwed(box);
                    keep = true;
                    return lock;
                }
                ProcessId init = record.init();
                if (state != BoxState.STOPPING || init == null || init.isAlive()) {
                    throw new JboxException(
                            box + ": is already running" + (init == null ? "" : ", init is " + init.pid()),
                            record.spec()
                                            .origin()
                                            .boxes()
                                            .equals(registry.settings().boxes().path())
                                    ? null
                                    : "it was started from "
                                            + record.spec().origin().config());
                }
                lock.close();
                awaitAftermath(record);
            } finally {
                if (!keep) {
                    lock.close();
                }
            }
        }
    }

    /** What an earlier run had of the host's must be back before there is another network in its place. */
    private void refuseIfOwed(String box) {
        NicJournal journal = NicJournal.of(kernel, folder.root(), box);
        if (journal.exists()) {
            registry.lent().recoverOrphans(box, false);
        }
        if (journal.exists()) {
            throw new JboxException(
                    box + ": an interface of the host that was lent to it is not back",
                    "jbox net recover tries again, and then forgets it");
        }
    }

    private void awaitAftermath(BoxRecord record) {
        try (ProcessWatch monitor = ProcessWatch.find(kernel, record.monitor())) {
            if (monitor != null && !monitor.await(AFTERMATH_MILLIS)) {
                throw new JboxException(record.spec().name() + ": still cleaning up after its last run");
            }
        }
    }
}
