package io.jbox.life;

import io.jbox.cgroup.BoxCgroup;
import io.jbox.host.ProcessWatch;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.nic.NicJournal;
import io.jbox.nic.NicRecovery;
import io.jbox.number.Pid;
import io.jbox.plan.HookEnvironment;
import io.jbox.problem.Place;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.state.BoxState;
import io.jbox.state.DamagedRecordException;
import io.jbox.state.Debts;
import io.jbox.state.ProcessId;
import io.jbox.state.StateFolder;
import io.jbox.uapi.Constants;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Updates a box's record to the true state, and completes the work of dead processes. */
public final class Settler {
    /** How long a killed process may take to exit. */
    private static final long KILL_MILLIS = 10_000;

    private static final int REBOOT = 1;
    private static final int RETRIES = 200;
    private static final long RETRY_MILLIS = 5;

    private final Kernel kernel;
    private final StateFolder folder;
    private final LentInterfaces lent;

    /** @param lent returns host interfaces from boxes */
    Settler(Kernel kernel, StateFolder folder, LentInterfaces lent) {
        this.lent = lent;
        this.kernel = kernel;
        this.folder = folder;
    }

    /**
     * The true state of a box.
     *
     * @param record null if it does not run
     * @param owed whether it has ended, and dead processes have left work to do for it
     */
    public record Truth(BoxState state, @Nullable BoxRecord record, boolean owed) {
        static final Truth STOPPED = new Truth(BoxState.STOPPED, null, false);
        static final Truth OWED = new Truth(BoxState.STOPPED, null, true);
    }

    /** Determines the state from a record and changes nothing; STOPPED also if a cleanup is still to be done. */
    BoxState judge(BoxRecord record) {
        return Judge.of(record, folder.boot(), new Host(record));
    }

    /** Answers from the host's processes and cgroups. */
    private record Host(BoxRecord record) implements Judge.Witness {
        @Override
        public boolean isAlive(ProcessId process) {
            return process.isAlive();
        }

        @Override
        public boolean isFrozen() {
            return new BoxCgroup(record.spec().isolation().cgroups()).isFrozen();
        }
    }

    /**
     * Determines the true state of a box. Changes nothing.
     *
     * @throws io.jbox.problem.JboxException if its record is damaged
     */
    public Truth look(String box) {
        return truth(box, false);
    }

    /**
     * Determines the true state of a box. Cleans up after dead processes, unless another process works on the box.
     *
     * @return the state after that
     * @throws io.jbox.problem.JboxException if its record is damaged
     */
    public Truth tidyUp(String box) {
        Truth truth = truth(box, true);
        if (truth.record() == null) {
            forgetAsides(box);
        }
        return truth;
    }

    private Truth truth(String box, boolean tidies) {
        BoxRecord record = read(box);
        if (record == null) {
            return Truth.STOPPED;
        }
        BoxState state = judge(record);
        if (isSettled(state)) {
            return new Truth(state, record, false);
        }
        try (BoxLock lock = BoxLock.tryTake(kernel, folder.of(box))) {
            if (lock == null) {
                return new Truth(state == BoxState.STOPPED ? BoxState.STOPPING : state, record, false);
            }
            BoxRecord again = read(box);
            if (again == null) {
                return Truth.STOPPED;
            }
            BoxState now = judge(again);
            if (isSettled(now)) {
                return new Truth(now, again, false);
            }
            // No start is in progress, because it would hold the lock.
            if (!tidies) {
                return Truth.OWED;
            }
            finish(again);
            return Truth.STOPPED;
        }
    }

    private static boolean isSettled(BoxState state) {
        return state != BoxState.STOPPED && state != BoxState.STARTING && state != BoxState.ABORTING;
    }

    private void forgetAsides(String box) {
        if (!folder.hasAside(box)) {
            return;
        }
        try (BoxLock lock = BoxLock.tryTake(kernel, folder.of(box))) {
            if (lock != null && read(box) == null) {
                folder.forgetAsides(box);
            }
        }
    }

    @Nullable
    public BoxRecord read(String box) {
        try {
            return folder.read(box);
        } catch (DamagedRecordException e) {
            throw e.problem();
        }
    }

    /**
     * Kills what is left of a box, and completes its cleanup. The caller holds the box's lock.
     *
     * @return whether the box had rebooted
     */
    boolean finish(BoxRecord record) {
        String box = record.spec().name();
        boolean thisBoot = record.boot().equals(folder.boot());
        NicJournal journal = NicJournal.of(kernel, folder.root(), box);
        try (NicRecovery recovery = journal.exists() ? lent.recovery(record, journal) : null) {
            if (thisBoot) {
                killAll(record);
            }
            return finish(record, recovery);
        }
    }

    private boolean finish(BoxRecord record, @Nullable NicRecovery recovery) {
        String box = record.spec().name();
        boolean thisBoot = record.boot().equals(folder.boot());
        Integer status = folder.readExit(box);
        boolean rebooted = thisBoot && status != null && status == REBOOT;
        NamespacePins pins = new NamespacePins(kernel, folder.of(box));
        EndPrograms programs = new EndPrograms(kernel, folder, record);
        hooks(record, pins, rebooted && !record.spec().ending().ephemeral(), programs);
        new NetworkScripts(record.spec()).down(programs);
        if (recovery != null) {
            lent.report(box, recovery.recover(null));
        }
        VethRemoval.remove(kernel, record.spec().nics());
        if (recovery == null || !NicJournal.of(kernel, folder.root(), box).exists()) {
            pins.release();
        }
        BoxCgroup cgroup = new BoxCgroup(record.spec().isolation().cgroups());
        for (int i = 0; i < RETRIES && !cgroup.remove(); i++) {
            // A process that was just killed takes a moment to leave.
            killRest(cgroup);
            sleep();
        }
        folder.forget(box);
        return rebooted;
    }

    private void killAll(BoxRecord record) {
        if (record.monitor() == null) {
            // jbox died between making a monitor and recording it. The box's init was never released and has died, so
            // the monitor ends by itself.
            new MonitorLock(kernel, folder, record.spec().name()).awaitSoon();
        } else if (!record.monitor().pid().equals(OwnProcess.pid(kernel))) {
            kill(record.monitor());
        }
        kill(record.init());
        killRest(new BoxCgroup(record.spec().isolation().cgroups()));
    }

    /** Kills what is still in the cgroup: a setuid init outlives its monitor, and a joined process outlives init. */
    private void killRest(BoxCgroup cgroup) {
        if (!cgroup.killAll()) {
            for (Pid pid : cgroup.processes()) {
                ProcessId process = ProcessId.find(pid);
                // Check again now that the pidfd excludes a reused process id.
                try (ProcessWatch watch = ProcessWatch.find(kernel, process)) {
                    if (watch != null && cgroup.processes().contains(pid)) {
                        watch.signal(Constants.SIGKILL);
                    }
                }
            }
        }
        cgroup.freeze(false);
    }

    private void kill(@Nullable ProcessId process) {
        try (ProcessWatch watch = ProcessWatch.find(kernel, process)) {
            if (watch != null) {
                watch.signal(Constants.SIGKILL);
                watch.await(KILL_MILLIS);
            }
        }
        ProcessWatch.bury(kernel, process);
    }

    /** Waits until a box's monitor is done, is dead, or has become the reaper. */
    public void awaitMonitorLock(String box) {
        new MonitorLock(kernel, folder, box).await();
    }

    private static void sleep() {
        try {
            Thread.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void hooks(BoxRecord record, NamespacePins pins, boolean rebooted, EndPrograms programs) {
        BoxSpec spec = record.spec();
        if (record.state() != BoxState.STARTING && record.state() != BoxState.ABORTING) {
            List<String> environment = environment(spec, "stop", rebooted);
            environment.addAll(pins.environment());
            run(programs, Debts.Reason.STOP, spec, "stop", environment);
        }
        run(programs, Debts.Reason.POST_STOP, spec, "post-stop", environment(spec, "post-stop", rebooted));
    }

    /** Runs the hooks of a stage; a failed hook does not stop the others. */
    private static void run(
            EndPrograms programs, Debts.Reason reason, BoxSpec spec, String stage, List<String> environment) {
        List<String> commands = spec.hooks().of(stage);
        for (int i = 0; i < commands.size(); i++) {
            String command = commands.get(i);
            programs.run(new Debts.Debt(reason, i), hooks -> hooks.run(stage, command, Place.DEFAULT, environment));
        }
    }

    private static List<String> environment(BoxSpec spec, String stage, boolean rebooted) {
        List<String> environment = new ArrayList<>(spec.hooks().environment());
        HookEnvironment.add("HOOK_TYPE", stage, environment);
        HookEnvironment.add("TARGET", rebooted ? "reboot" : "stop", environment);
        return environment;
    }
}
