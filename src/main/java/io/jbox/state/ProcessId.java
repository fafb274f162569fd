package io.jbox.state;

import io.jbox.kernel.ProcessStat;
import io.jbox.number.Pid;
import org.jspecify.annotations.Nullable;

/**
 * Identifies a process uniquely: ids are reused, but not with the same start time.
 *
 * @param pid on the host
 * @param start ticks since the kernel's boot (proc(5), /proc/PID/stat, field 22)
 */
public record ProcessId(Pid pid, long start) {
    /** The process that has an id now, which may be a zombie; null if there is none. */
    public static @Nullable ProcessId find(Pid pid) {
        ProcessStat stat = ProcessStat.find(pid);
        return stat == null ? null : new ProcessId(pid, stat.start());
    }

    /** The id of a process's parent; 0 if there is no such process. */
    public static int parentOf(Pid pid) {
        ProcessStat stat = ProcessStat.find(pid);
        return stat == null ? 0 : stat.parent();
    }

    /** Whether it exists and has not ended. */
    public boolean isAlive() {
        ProcessStat stat = ProcessStat.find(pid);
        return stat != null && stat.start() == start && !stat.hasEnded();
    }
}
