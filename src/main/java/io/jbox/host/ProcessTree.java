package io.jbox.host;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program of the host's with all that it has started. */
public final class ProcessTree {
    private static final long PATIENCE_SECONDS = 3;

    private ProcessTree() {}

    /** Asks all of it to end, so that it can clean up, and kills what does not. */
    public static void terminate(Process process) {
        List<ProcessHandle> all = all(process);
        all.forEach(ProcessHandle::destroy);
        boolean interrupted = Thread.interrupted();
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                kill(process);
            }
        } catch (InterruptedException e) {
            kill(process);
            interrupted = true;
        }
        all.forEach(ProcessHandle::destroyForcibly);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Kills all of it. */
    static void kill(Process process) {
        all(process).forEach(ProcessHandle::destroyForcibly);
    }

    private static List<ProcessHandle> all(Process process) {
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        return all;
    }
}
