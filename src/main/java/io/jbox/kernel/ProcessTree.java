package io.jbox.kernel;

import io.jbox.number.Pid;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A program of the host with all that it has started. */
public final class ProcessTree {
    private static final long PATIENCE_SECONDS = 3;
    private static final long PAUSE_MILLIS = 5;

    private ProcessTree() {}

    /** Asks all of it to end, so that it can clean up, and kills what does not within 3 s. */
    public static void terminate(Process process) {
        Set<ProcessHandle> all = all(process);
        all.forEach(ProcessHandle::destroy);
        boolean interrupted = Thread.interrupted();
        try {
            process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        kill(all);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Kills all of it, the program first so that it does not go on when what it waits for ends. Returns when all have
     * ended, or after 3 s: a process may hang in the kernel. What a process starts at the moment in which it is killed
     * may be missed.
     */
    public static void kill(Process process) {
        kill(all(process));
    }

    private static void kill(Set<ProcessHandle> all) {
        long last = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        boolean interrupted = false;
        all.removeIf(ProcessTree::hasEnded);
        while (!all.isEmpty() && System.nanoTime() < last) {
            all.forEach(ProcessHandle::destroyForcibly);
            // What they have started since they were looked for; all processes are read once, which takes milliseconds.
            boolean more = all.addAll(ProcessHandle.allProcesses()
                    .filter(other -> other.parent().map(all::contains).orElse(false))
                    .toList());
            try {
                Thread.sleep(more ? 0 : PAUSE_MILLIS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
            all.removeIf(ProcessTree::hasEnded);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether it has ended, even if its parent has not waited for it. */
    private static boolean hasEnded(ProcessHandle process) {
        ProcessStat stat = ProcessStat.find(new Pid((int) process.pid()));
        return stat == null || stat.hasEnded() || !process.isAlive();
    }

    /** Empty if the program has ended: what it had started is then no longer known, and its id may be another's. */
    private static Set<ProcessHandle> all(Process process) {
        Set<ProcessHandle> all = new LinkedHashSet<>();
        if (process.isAlive()) {
            all.add(process.toHandle());
            all.addAll(process.descendants().toList());
        }
        return all;
    }
}
