package io.jbox.life;

import io.jbox.cgroup.BoxCgroup;
import io.jbox.config.Signal;
import io.jbox.host.BoxLog;
import io.jbox.host.ProcessWatch;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.nic.NicJournal;
import io.jbox.nic.NicRecovery;
import io.jbox.problem.JboxException;
import io.jbox.request.Notices;
import io.jbox.request.StopRequest;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;
import io.jbox.state.StateFolder;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Stops boxes: sends the halt signal, waits, and kills them. */
public final class Stopper {
    private static final long KILL_MILLIS = 30_000;
    private static final long LOOK_MILLIS = 20;
    private static final long AFTERMATH_MILLIS = 120_000;

    private final BoxRegistry registry;
    private final Kernel kernel;
    private final StateFolder folder;
    private final Settler settler;
    private final Notices notices;

    public Stopper(BoxRegistry registry) {
        this.registry = registry;
        this.kernel = registry.kernel();
        this.folder = registry.state();
        this.settler = registry.settler();
        this.notices = registry.notices();
    }

    /**
     * Returns when the box has stopped and its cleanup is complete.
     *
     * @return its last record; null if it was between the two runs of a reboot, which does not start it again
     * @throws JboxException if it does not run, or does not halt and must not be killed
     */
    @Nullable
    public BoxRecord stop(String box, StopRequest request) {
        boolean lasting = !request.reboot() && new File(folder.of(box)).isDirectory();
        String log = folder.of(box) + "/log";
        long before = new File(log).length();
        BoxRecord stopped = null;
        boolean ran = false;
        if (lasting) {
            // From now on a reboot under way may not start the box again: note first that the box was running.
            stopped = settler.read(box);
            ran = stopped != null || folder.isRebooting(box);
            folder.stayStopped(box);
        }
        try {
            BoxRecord record = find(box, request.kill());
            while (record != null) {
                stopped = stopOnce(record, request);
                // Stop it again if a reboot under way has started it, but not if a user has.
                record = lasting && folder.isToStayStopped(box) ? find(box, request.kill()) : null;
            }
        } catch (JboxException e) {
            if (lasting) {
                folder.mayStart(box);
            }
            throw e;
        }
        if (stopped == null && !ran) {
            throw registry.isNotRunning(box);
        }
        for (String line : BoxLog.hookErrors(log, before, box)) {
            notices.tell(line);
        }
        return stopped;
    }

    private BoxRecord stopOnce(BoxRecord record, StopRequest request) {
        String box = record.spec().name();
        if (record.state() == BoxState.STARTING) {
            // Its first process was killed, and the starting process has undone the start.
            return record;
        }
        mark(record, ProcessId.find(OwnProcess.pid(kernel)));
        BoxCgroup cgroup = new BoxCgroup(record.spec().isolation().cgroups());
        NicJournal journal = NicJournal.of(kernel, folder.root(), box);
        try (NicRecovery recovery = journal.exists() ? registry.lent().recovery(record, journal) : null;
                NicRecovery strays = registry.lent().strays(record)) {
            stop(record, request, cgroup);
            if (recovery != null) {
                recover(record, recovery);
            }
            // Interfaces in the journal are back by now: only those that jbox did not move are left.
            if (strays != null) {
                registry.lent().report(box, strays.recoverStrays());
            }
        }
        settle(record);
        removeRest(record);
        return record;
    }

    /**
     * Returns interfaces at once instead of waiting for the reaper, unless the reaper was faster and may have restarted
     * the box.
     */
    private void recover(BoxRecord record, NicRecovery recovery) {
        String box = record.spec().name();
        try (BoxLock lock = BoxLock.take(kernel, folder.of(box))) {
            BoxRecord now = settler.read(box);
            if (now != null && now.id().equals(record.id())) {
                registry.lent().report(box, recovery.recover(null));
            }
        }
    }

    /**
     * Removes what the monitor leaves if the host interfaces were back before it ended: the pin of their network, and
     * veths with configured names.
     */
    private void removeRest(BoxRecord record) {
        String box = record.spec().name();
        try (BoxLock lock = BoxLock.tryTake(kernel, folder.of(box))) {
            if (lock != null && settler.read(box) == null) {
                VethRemoval.removeWritten(kernel, record.spec().nics());
                if (!NicJournal.of(kernel, folder.root(), box).exists()) {
                    new NamespacePins(kernel, folder.of(box)).release();
                }
            }
        }
    }

    private void stop(BoxRecord record, StopRequest request, BoxCgroup cgroup) {
        String box = record.spec().name();
        try (ProcessWatch init = ProcessWatch.find(kernel, record.init())) {
            if (init != null) {
                int signal = request.kill()
                        ? Constants.SIGKILL
                        : request.reboot() ? record.spec().ending().reboot() : haltSignal(record);
                int refusal = init.signal(signal);
                if (refusal != 0) {
                    mark(record, null);
                    throw new JboxException(box + ": init cannot be signalled: " + Errno.describe(refusal));
                }
                // A frozen box cannot react to signals.
                if (cgroup.isFrozen()) {
                    cgroup.freeze(false);
                }
                Duration patience = request.patience(record.spec().ending().haltSeconds());
                if (!init.await(request.kill() ? KILL_MILLIS : patience.toMillis())) {
                    if (!request.killAfter()) {
                        mark(record, null);
                        throw new JboxException(
                                box + ": does not halt within " + patience.toSeconds() + " s",
                                "jbox stop -k " + box + " kills it");
                    }
                    end(record, init);
                    notices.tell(box + ": did not halt within " + patience.toSeconds() + " s, and was killed");
                }
            }
        }
    }

    private void end(BoxRecord record, ProcessWatch init) {
        init.signal(record.spec().ending().stop());
        if (record.spec().ending().stop() == Constants.SIGKILL || !init.await(1000)) {
            init.signal(Constants.SIGKILL);
        }
        if (!init.await(KILL_MILLIS)) {
            throw new JboxException(
                    record.spec().name() + ": was killed, but does not end",
                    "one of its processes is blocked in the kernel, perhaps by a disk or network that does not answer");
        }
    }

    /**
     * The record of a running box, or null. Waits for a start or a reboot that is under way.
     *
     * @param kill whether to kill the first process of a box that is being started, which may be in an endless hook of
     *     the box; returns the record of that start
     */
    private @Nullable BoxRecord find(String box, boolean kill) {
        BoxRecord killed = null;
        while (true) {
            Settler.Truth truth = settler.tidyUp(box);
            BoxRecord record = truth.record();
            if (truth.state() == BoxState.STOPPED) {
                record = null;
            }
            if (killed != null && (record == null || !record.id().equals(killed.id()))) {
                return killed;
            }
            if (record == null) {
                if (!folder.isRebooting(box)) {
                    return null;
                }
                folder.rebooting(box).close();
                continue;
            }
            if (record.state() != BoxState.STARTING && record.state() != BoxState.ABORTING) {
                return record;
            }
            if (kill) {
                // The start may still be in a host hook, before the first process exists.
                try (ProcessWatch init = ProcessWatch.find(kernel, record.init())) {
                    if (init != null) {
                        init.signal(Constants.SIGKILL);
                        killed = record.in(BoxState.STARTING);
                    }
                }
                pause();
            } else {
                BoxLock.await(kernel, folder.of(box));
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(LOOK_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JboxException("interrupted");
        }
    }

    /** @param stopper the stopping process; null when it gives up */
    private void mark(BoxRecord record, @Nullable ProcessId stopper) {
        String box = record.spec().name();
        try (BoxLock lock = BoxLock.tryTake(kernel, folder.of(box))) {
            BoxRecord now = lock == null ? null : settler.read(box);
            if (now != null && now.id().equals(record.id()) && settler.judge(now) != BoxState.STOPPED) {
                folder.write(stopper == null ? now.in(BoxState.RUNNING) : now.stoppedBy(stopper));
            }
        }
    }

    /** Completes a stop that a compiled program has begun; returns when nothing is left of the box. */
    void complete(String box) {
        BoxRecord record = settler.read(box);
        BoxState state = record == null ? null : settler.judge(record);
        if (record != null && (state == BoxState.STOPPED || state == BoxState.STOPPING)) {
            settle(record);
            removeRest(record);
        }
    }

    /** Waits for the monitor's cleanup, and does it here if the monitor cannot. */
    private void settle(BoxRecord record) {
        if (BoxRecord.rebootDelaySeconds(record.reboots()) > 0) {
            // The monitor may be waiting before it restarts the box.
            try (ProcessWatch monitor = ProcessWatch.find(kernel, record.monitor())) {
                if (monitor != null) {
                    monitor.signal(Constants.SIGTERM);
                }
            }
        }
        settler.awaitMonitorLock(record.spec().name());
        if (waitsForVeths(record) && settler.read(record.spec().name()) == null) {
            // The cleanup is complete. The monitor may still wait for veths to disappear, but this need not wait for
            // it.
            ProcessWatch.bury(kernel, record.monitor());
            return;
        }
        try (ProcessWatch monitor = ProcessWatch.find(kernel, record.monitor())) {
            if (monitor != null && !monitor.await(AFTERMATH_MILLIS)) {
                throw new JboxException(record.spec().name() + ": has ended, but its hooks are still running");
            }
        }
        ProcessWatch.bury(kernel, record.monitor());
        String box = record.spec().name();
        while (isStillOwed(record, settler.tidyUp(box))) {
            // Another process is cleaning up, and holds the lock meanwhile.
            BoxLock.await(kernel, folder.of(box));
        }
    }

    private static boolean isStillOwed(BoxRecord record, Settler.Truth truth) {
        return truth.record() != null && truth.record().id().equals(record.id());
    }

    /** Whether the monitor stays a while only to see that the kernel removes veths. */
    public static boolean waitsForVeths(BoxRecord record) {
        for (BoxSpec.Nic nic : record.spec().nics()) {
            if (!nic.pair().isEmpty() && nic.pairAddress().isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /** signal.halt, or its default for this init: SIGRTMIN+3 if init blocks or catches it, as systemd does. */
    private static int haltSignal(BoxRecord record) {
        if (record.spec().ending().halt() != 0) {
            return record.spec().ending().halt();
        }
        int init = record.init() == null ? 0 : record.init().pid().number();
        long bit = 1L << Signal.RTMIN_3.number() - 1;
        try (BufferedReader in =
                new BufferedReader(new FileReader("/proc/" + init + "/status", StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                boolean signals = line.startsWith("SigBlk:") || line.startsWith("SigCgt:");
                if (signals && (Long.parseUnsignedLong(line.substring(7).trim(), 16) & bit) != 0) {
                    return Signal.RTMIN_3.number();
                }
            }
        } catch (IOException e) {
            return Constants.SIGPWR;
        }
        return Constants.SIGPWR;
    }
}
