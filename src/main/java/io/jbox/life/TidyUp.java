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

/** Does what dead processes have left undone. */
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

    /** Whether a process has died in the middle of its work, or an interface lent to a box waits to come home. Only looks. */
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
     * Boxes without a record, and with nothing to bring home, whose namespaces are pinned: somebody died, or could not take the
     * box's lock, when that was the last thing to do.
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
                // What a box that is just being started has pinned is not forgotten: it has a record by then.
                if (lock != null && withForgottenPins().contains(box)) {
                    new NamespacePins(kernel, state.of(box)).release();
                }
            }
            state.forgetIfEmpty(box);
        }
    }

    /**
     * Does what dead processes have left undone: to boxes that do not run any more, to definitions that never came to be, to
     * cgroups of commands, and to interfaces that were lent.
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

    /** Does what is left of a box that a program has stopped; returns when that is done. */
    public void stopped(String box) {
        new Stopper(registry).complete(box);
    }

    /** Brings what is recorded to what is true, for every box; returns problems with records that are damaged. */
    public List<JboxException> settle() {
        List<JboxException> problems = new ArrayList<>();
        for (String name : state.names()) {
            try {
                settler.look(name);
            } catch (JboxException e) {
                problems.add(e);
            }
        }
        return problems;
    }

    /**
     * Brings home every interface of the host's that a box had which does not run any more. What is wrong with one box does
     * not keep others from theirs.
     *
     * @param giveUp whether what is in no network that can be found is forgotten
     * @return what became of each
     */
    public List<Homecoming> recoverNics(boolean giveUp) {
        for (String box : NicJournal.boxes(state.root())) {
            try {
                if (settler.look(box).state() == BoxState.STOPPED) {
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
     * What a monitor leaves to be done: hooks, cgroups, pins, a restart.
     *
     * @param id of the start that it was the monitor of; another one is left alone
     * @param again starts the box of a record again, which has rebooted
     */
    public void reap(String box, String id, Consumer<BoxRecord> again) {
        BoxName.check(box);
        if (!new File(state.of(box)).isDirectory()) {
            return;
        }
        BoxRecord record;
        // Whoever stops it meanwhile finds no record, but this.
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
