package io.jbox.life;

import io.jbox.cgroup.BoxCgroup;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.kernel.Poll;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.StateFolder;
import io.jbox.uapi.Constants;

/** Freezes and thaws boxes (cgroups(7): cgroup.freeze; in version 1 freezer.state). */
public final class Freezer {
    private static final long MILLIS = 10_000;
    private static final long STEP_MILLIS = 100;
    /** The most bytes read from cgroup.events. */
    private static final int EVENTS = 128;

    private final Kernel kernel;
    private final StateFolder folder;
    private final Settler settler;

    public Freezer(BoxRegistry registry) {
        this.kernel = registry.kernel();
        this.folder = registry.state();
        this.settler = registry.settler();
    }

    public void freeze(String box) {
        settler.tidyUp(box);
        try (BoxLock lock = lock(box)) {
            BoxRecord record = running(box);
            BoxCgroup cgroup = cgroup(record);
            folder.write(record.in(BoxState.FREEZING));
            if (!cgroup.freeze(true) || !standsStill(cgroup)) {
                cgroup.freeze(false);
                folder.write(record.in(BoxState.RUNNING));
                // A box that has just ended is reported as not running.
                running(box);
                throw new JboxException(
                        box + ": cannot be frozen",
                        "one of its processes is blocked in the kernel; the box continues to run");
            }
            folder.write(record.in(BoxState.FROZEN));
        }
    }

    public void unfreeze(String box) {
        settler.tidyUp(box);
        try (BoxLock lock = lock(box)) {
            BoxRecord record = running(box);
            BoxCgroup cgroup = cgroup(record);
            folder.write(record.in(BoxState.THAWED));
            cgroup.freeze(false);
            folder.write(record.in(BoxState.RUNNING));
        }
    }

    private BoxLock lock(String box) {
        if (settler.read(box) == null) {
            throw BoxRegistry.ended(box);
        }
        return BoxLock.take(kernel, folder.of(box));
    }

    private BoxRecord running(String box) {
        BoxRecord record = settler.read(box);
        if (record == null || record.init() == null || !record.init().isAlive()) {
            throw BoxRegistry.ended(box);
        }
        return record;
    }

    private static BoxCgroup cgroup(BoxRecord record) {
        BoxCgroup cgroup = new BoxCgroup(record.spec().isolation().cgroups());
        if (!cgroup.canFreeze() && record.init() != null && !record.init().isAlive()) {
            throw BoxRegistry.ended(record.spec().name());
        }
        if (!cgroup.canFreeze()) {
            throw new JboxException(record.spec().name() + ": has no cgroup that can be frozen", "see jbox check");
        }
        return cgroup;
    }

    /** Waits until every process is frozen; in version 2 the kernel notifies of it. */
    private boolean standsStill(BoxCgroup cgroup) {
        String events = cgroup.eventsFile();
        try (Fd file = events == null ? null : PathCalls.find(kernel, events, Constants.O_RDONLY);
                Poll poll = new Poll(kernel, 1)) {
            poll.set(0, file, Constants.POLLPRI);
            long end = System.nanoTime() + MILLIS * 1_000_000;
            while (System.nanoTime() < end) {
                if (file != null) {
                    // poll(2) reports a change until the file is read through the same descriptor.
                    FileCalls.readFromStart(file, EVENTS);
                }
                if (cgroup.isStandingStill()) {
                    return true;
                }
                poll.await(STEP_MILLIS * 1_000_000);
            }
        } catch (KernelException e) {
            // The cgroup is gone.
            return cgroup.isStandingStill();
        }
        return cgroup.isStandingStill();
    }
}
