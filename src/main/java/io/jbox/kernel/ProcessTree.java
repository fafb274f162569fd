package io.jbox.kernel;

import io.jbox.number.Pid;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A program of the host's with all that it has started. */
public final class ProcessTree {
    private static final long PATIENCE_SECONDS = 3;
    private static final long PAUSE_MILLIS = 5;

    private ProcessTree() {}

    /** Asks all of it to end, so that it can clean up, and kills what does not. */
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
     * ended, or after 3 s: a process may hang in the kernel.
     */
    public static void kill(Process process) {
        kill(all(process));
    }

    private static void kill(Set<ProcessHandle> all) {
        long last = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        boolean interrupted = false;
        all.removeIf(ProcessTree::hasEnded);
        while (!all.isEmpty() && System.nanoTime() < last) {
            for (ProcessHandle one : List.copyOf(all)) {
                // What it has started since.
                all.addAll(one.descendants().toList());
                one.destroyForcibly();
            }
            try {
                Thread.sleep(PAUSE_MILLIS);
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

    private static Set<ProcessHandle> all(Process process) {
        Set<ProcessHandle> all = new LinkedHashSet<>();
        all.add(process.toHandle());
        all.addAll(process.descendants().toList());
        return all;
    }
}
