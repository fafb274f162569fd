package io.jbox.state;

import io.jbox.kernel.ProcessStat;
import io.jbox.number.Pid;
import org.jspecify.annotations.Nullable;

/**
 * One process and no other: ids are used again, but not with the same start time.
 *
 * @param pid on the host
 * @param start ticks since the kernel's boot (proc(5), /proc/PID/stat, field 22)
 */
public record ProcessId(Pid pid, long start) {
    /** The process that has an id now, dead ones that nobody has waited for included; null if there is none. */
    public static @Nullable ProcessId find(Pid pid) {
        ProcessStat stat = ProcessStat.find(pid);
        return stat == null ? null : new ProcessId(pid, stat.start());
    }

    /** The id of a process's parent; 0 if there is no such process. */
    public static int parentOf(Pid pid) {
        ProcessStat stat = ProcessStat.find(pid);
        return stat == null ? 0 : stat.parent();
    }

    /** Whether it is still there and has not ended. */
    public boolean isAlive() {
        ProcessStat stat = ProcessStat.find(pid);
        return stat != null && stat.start() == start && !stat.hasEnded();
    }
}
