package io.jbox.life;

import io.jbox.cgroup.BoxCgroup;
import io.jbox.cgroup.CgroupMounts;
import io.jbox.config.BoxName;
import io.jbox.kernel.Kernel;
import io.jbox.nic.Homecoming;
import io.jbox.nic.NicJournal;
import io.jbox.nic.RecordedBoxes;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.DamagedRecordException;
import io.jbox.state.FileLock;
import io.jbox.state.PendingWork;
import io.jbox.state.StateFolder;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Completes the work of dead processes. */
public final class TidyUp {
    private final BoxRegistry registry;
    private final Kernel kernel;
    private final StateFolder state;
    private final Settler settler;

    public TidyUp(BoxRegistry registry) {
        this.registry = registry;
        this.kernel = registry.kernel();
        this.state = registry.state();
        this.settler = registry.settler();
    }

    /**
     * Whether a process has died in the middle of its work, or an interface lent to a box has not been returned.
     * Changes nothing.
     */
    public boolean isAnythingOwed() {
        if (!PendingWork.left(kernel, state.root()).isEmpty()) {
            return true;
        }
        for (String box : NicJournal.boxes(state.root())) {
            try {
                BoxRecord record = state.read(box);
                if (record == null || settler.judge(record) == BoxState.STOPPED) {
                    return true;
                }
            } catch (DamagedRecordException e) {
                continue; // whoever asks for the box is told
            }
        }
        return !withForgottenPins().isEmpty();
    }

    /**
     * Boxes without a record and without lent interfaces that still have pinned namespaces: a process died, or did not
     * get the box's lock, before it could release the pins.
     */
    private List<String> withForgottenPins() {
        List<String> boxes = new ArrayList<>();
        for (String name : state.names()) {
            if (new File(state.of(name), NamespacePins.FOLDER).isDirectory()
                    && !new File(state.recordFile(name)).exists()
                    && !NicJournal.of(kernel, state.root(), name).exists()) {
                boxes.add(name);
            }
        }
        return boxes;
    }

    private void releaseForgottenPins() {
        for (String box : withForgottenPins()) {
            try (BoxLock lock = BoxLock.tryTake(kernel, state.of(box))) {
                // Check again under the lock: a box that is being started has pins, but also a record.
                if (lock != null && withForgottenPins().contains(box)) {
                    new NamespacePins(kernel, state.of(box)).release();
                }
            }
            state.forgetIfEmpty(box);
        }
    }

    /**
     * Completes the work of dead processes: on boxes that have ended, half-made definitions, cgroups of commands, and
     * lent interfaces.
     *
     * @return problems with records that are damaged
     */
    public List<JboxException> all() {
        List<JboxException> problems = settle();
        for (PendingWork.Left left : PendingWork.left(kernel, state.root())) {
            try {
                BoxName.check(left.box());
                new Renamer(registry).tidyUp(left.box());
                new Creator(registry).tidyUp(left.box());
                left.forget();
            } catch (JboxException e) {
                problems.add(e);
            }
        }
        BoxCgroup.removeForgotten(CgroupMounts.hierarchies(), new RecordedBoxes(kernel, state.root()));
        recoverNics(false);
        releaseForgottenPins();
        return problems;
    }

    /** Cleans up a box that a compiled program has stopped; returns when that is done. */
    public void stopped(String box) {
        new Stopper(registry).complete(box);
    }

    /** Updates every box's record to its true state; returns problems with damaged records. */
    public List<JboxException> settle() {
        List<JboxException> problems = new ArrayList<>();
        for (String name : state.names()) {
            try {
                settler.tidyUp(name);
            } catch (JboxException e) {
                problems.add(e);
            }
        }
        return problems;
    }

    /**
     * Returns every host interface lent to a box that has ended. A problem with one box does not stop the others.
     *
     * @param giveUp whether to forget interfaces that are in no network that can be found
     * @return the result for each
     */
    public List<Homecoming> recoverNics(boolean giveUp) {
        for (String box : NicJournal.boxes(state.root())) {
            try {
                if (settler.tidyUp(box).state() == BoxState.STOPPED) {
                    recoverOrphans(box, giveUp);
                }
            } catch (JboxException e) {
                registry.notices().tell(String.valueOf(e.getMessage()));
            }
        }
        return registry.lent().takeHomecomings();
    }

    private void recoverOrphans(String box, boolean giveUp) {
        state.make(box);
        try (BoxLock lock = BoxLock.tryTake(kernel, state.of(box))) {
            if (lock != null
                    && settler.read(box) == null
                    && NicJournal.of(kernel, state.root(), box).exists()) {
                registry.lent().recoverOrphans(box, giveUp);
            }
        }
    }

    /**
     * Does what a monitor leaves to the reaper: hooks, cgroups, pins, a restart.
     *
     * @param id of the start that the monitor belonged to; other starts are left alone
     * @param again restarts the box of a record after a reboot
     */
    public void reap(String box, String id, Consumer<BoxRecord> again) {
        BoxName.check(box);
        if (!new File(state.of(box)).isDirectory()) {
            return;
        }
        BoxRecord record;
        // A concurrent stop finds no record, but this lock.
        try (FileLock rebooting = state.rebooting(box)) {
            boolean rebooted;
            try (BoxLock lock = BoxLock.take(kernel, state.of(box))) {
                record = settler.read(box);
                if (record == null || !record.id().equals(id)) {
                    return;
                }
                rebooted = settler.finish(record);
            }
            if (rebooted && !record.spec().ending().ephemeral()) {
                again.accept(record);
            }
        }
        if (record.spec().ending().ephemeral()) {
            new Destroyer(registry.of(record)).destroy(box, true);
        }
    }
}
