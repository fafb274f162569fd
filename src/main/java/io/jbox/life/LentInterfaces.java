package io.jbox.life;

import io.jbox.cgroup.BoxCgroup;
import io.jbox.config.Capability;
import io.jbox.host.BoxLog;
import io.jbox.host.ProcFiles;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.nic.Homecoming;
import io.jbox.nic.NicJournal;
import io.jbox.nic.NicRecovery;
import io.jbox.number.Pid;
import io.jbox.problem.JboxException;
import io.jbox.request.Notices;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.state.ProcessId;
import io.jbox.state.StateFolder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Returns host interfaces from boxes, and keeps the result of each return for later queries. */
final class LentInterfaces {
    private final Kernel kernel;
    private final StateFolder folder;
    private final Notices notices;
    private final List<Homecoming> homecomings = new ArrayList<>();

    /** @param notices receives a warning about each interface that could not be restored as it was */
    LentInterfaces(Kernel kernel, StateFolder folder, Notices notices) {
        this.kernel = kernel;
        this.folder = folder;
        this.notices = notices;
    }

    /** Holds the networks of the box's processes open until its interfaces are back. */
    NicRecovery recovery(BoxRecord record, NicJournal journal) {
        NicRecovery recovery = recovery(
                record.spec().name(),
                journal,
                (record.spec().confinement().capabilities() & Capability.NET_ADMIN.bit()) != 0);
        List<Pid> processes =
                new ArrayList<>(new BoxCgroup(record.spec().isolation().cgroups()).processes());
        if (record.init() != null && record.init().isAlive()) {
            processes.add(record.init().pid());
        }
        recovery.hold(processes);
        return recovery;
    }

    /**
     * For interfaces that someone other than jbox has moved into a running box.
     *
     * @return null if it has only the interfaces that jbox gave it
     */
    @Nullable
    NicRecovery strays(BoxRecord record) {
        ProcessId init = record.init();
        // Only root can have moved one there, and only root can move it back.
        boolean may = OwnProcess.isRoot(kernel);
        if (!may
                || init == null
                || !init.isAlive()
                || !record.spec().isolation().namespaces().contains("net")) {
            return null;
        }
        List<String> known = new ArrayList<>(List.of("lo"));
        for (BoxSpec.Nic nic : record.spec().nics()) {
            known.add(nic.name());
        }
        for (String name : ProcFiles.interfaces(init.pid().number())) {
            if (!known.contains(name)) {
                NicJournal journal =
                        NicJournal.of(kernel, folder.root(), record.spec().name());
                return new NicRecovery(kernel, journal, "/proc/" + init.pid().number() + "/ns/net", true);
            }
        }
        return null;
    }

    private NicRecovery recovery(String box, NicJournal journal, boolean forges) {
        return new NicRecovery(kernel, journal, folder.of(box) + "/ns/net", forges);
    }

    /**
     * Returns the host interfaces of a box of which only the journal is left. The caller holds the box's lock.
     *
     * @param giveUp whether to forget interfaces that cannot be found
     */
    void recoverOrphans(String box, boolean giveUp) {
        NicJournal journal = NicJournal.of(kernel, folder.root(), box);
        try (NicRecovery recovery = recovery(box, journal, true)) {
            report(box, recovery.recover(null, giveUp));
        }
        if (!journal.exists()) {
            new NamespacePins(kernel, folder.of(box)).release();
        }
    }

    /** Reports interfaces that could not be restored as they were, to the box's log and to the notices. */
    void report(String box, List<Homecoming> done) {
        for (Homecoming homecoming : done) {
            if (!homecoming.isWhole()) {
                String notice = box + ": net: " + homecoming.describe();
                BoxLog.append(folder.of(box) + "/log", new JboxException(notice));
                notices.tell(notice);
            }
        }
        synchronized (homecomings) {
            homecomings.addAll(done);
        }
    }

    /** Returns and clears the results since the last call. */
    List<Homecoming> takeHomecomings() {
        synchronized (homecomings) {
            List<Homecoming> taken = List.copyOf(homecomings);
            homecomings.clear();
            return taken;
        }
    }
}
