package io.jbox.life;

import io.jbox.kernel.Kernel;
import io.jbox.nic.NicJournal;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.ProcessId;
import io.jbox.state.StateFolder;
import org.jspecify.annotations.Nullable;

/** Takes a box's lock for a start, after the cleanup of earlier runs. */
final class StartLock {
    private final BoxRegistry registry;
    private final Kernel kernel;
    private final StateFolder folder;

    StartLock(BoxRegistry registry) {
        this.registry = registry;
        this.kernel = registry.kernel();
        this.folder = registry.state();
    }

    /** Takes the box's lock once nothing of an earlier run is left. */
    BoxLock take(String box) {
        SettledBox settled = SettledBox.take(registry, box);
        try {
            refuseRunning(box, settled.record());
            refuseIfOwed(box);
            return settled.lock();
        } catch (RuntimeException | Error e) {
            settled.close();
            throw e;
        }
    }

    private void refuseRunning(String box, @Nullable BoxRecord record) {
        if (record == null) {
            return;
        }
        ProcessId init = record.init();
        boolean ours = registry.isOurs(record);
        throw new JboxException(
                box + ": is already running" + (init == null ? "" : ", init is " + init.pid()),
                ours ? null : "it was started from " + record.spec().origin().config());
    }

    /**
     * Refuses a start while a host interface lent to an earlier run is missing: a new network would replace the one
     * that it may be in.
     */
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
}
