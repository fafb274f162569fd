package io.jbox.life;

import io.jbox.cgroup.BoxCgroup;
import io.jbox.host.OpenFile;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.StateFolder;
import org.jspecify.annotations.Nullable;

/** Freezes and thaws boxes (cgroups(7): cgroup.freeze; in version 1 freezer.state). */
public final class Freezer {
    private static final long MILLIS = 10_000;
    private static final long STEP_MILLIS = 100;
    /** Bytes of cgroup.events. */
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
        settler.look(box);
        try (BoxLock lock = lock(box)) {
            BoxRecord record = running(box);
            BoxCgroup cgroup = cgroup(record);
            folder.write(record.in(BoxState.FREEZING));
            if (!cgroup.freeze(true) || !standsStill(cgroup)) {
                cgroup.freeze(false);
                folder.write(record.in(BoxState.RUNNING));
                throw new JboxException(
                        box + ": cannot be frozen",
                        "one of its processes is blocked in the kernel; the box continues to run");
            }
            folder.write(record.in(BoxState.FROZEN));
        }
    }

    public void unfreeze(String box) {
        settler.look(box);
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

    /** Waits until every process stands still; in version 2 the kernel tells when. */
    private boolean standsStill(BoxCgroup cgroup) {
        @Nullable String events = cgroup.eventsFile();
        int file = events == null
                ? -1
                : OpenFile.at(kernel, Constants.AT_FDCWD, events, Constants.O_RDONLY | Constants.O_CLOEXEC);
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long pollfd = program.words(file & 0xffff_ffffL | (long) Constants.POLLPRI << 32);
            long timeout = program.words(0, STEP_MILLIS * 1_000_000);
            // A change is told of until the file has been read through the same descriptor.
            Op read = program.op(Syscall.PREAD64, file, program.space(EVENTS), EVENTS, 0)
                    .next(0);
            Op poll = program.op(Syscall.PPOLL, pollfd, 1, timeout, 0, 8).next(0);
            long end = System.nanoTime() + MILLIS * 1_000_000;
            while (System.nanoTime() < end) {
                kernel.walk(read.address());
                if (cgroup.isStandingStill()) {
                    return true;
                }
                program.writeLong(timeout + Long.BYTES, STEP_MILLIS * 1_000_000);
                kernel.walk(poll.address());
            }
            return cgroup.isStandingStill();
        } finally {
            if (file >= 0) {
                kernel.call(Syscall.CLOSE, file);
            }
        }
    }
}
