package io.jbox.life;

import io.jbox.host.ProcessWatch;
import io.jbox.kernel.Kernel;
import io.jbox.state.ProcessId;
import io.jbox.state.StateFolder;
import java.io.File;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** The monitors that are children of this process and must be reaped when they have ended. */
public final class MonitorChildren {
    /** How long a monitor may take to exit after its box is gone. */
    private static final long LAST_MILLIS = 2000;

    private static final long LOOK_MILLIS = 5;

    private final Kernel kernel;
    private final StateFolder state;
    private final List<Child> monitors = new ArrayList<>();

    private record Child(ProcessId monitor, String box) {}

    public MonitorChildren(Kernel kernel, StateFolder state) {
        this.kernel = kernel;
        this.state = state;
    }

    public synchronized void add(ProcessId monitor, String box) {
        monitors.add(new Child(monitor, box));
    }

    /** Reaps monitors that have ended. */
    public synchronized void bury() {
        for (Iterator<Child> all = monitors.iterator(); all.hasNext(); ) {
            ProcessId monitor = all.next().monitor();
            if (!monitor.isAlive() && ProcessWatch.bury(kernel, monitor)) {
                all.remove();
            }
        }
    }

    /** The same, but waits for the monitors of ended boxes: a monitor exits soon after it has removed the record. */
    public void buryPatiently() {
        long end = System.nanoTime() + LAST_MILLIS * 1_000_000;
        bury();
        while (isAnyEndedLeft() && System.nanoTime() < end) {
            try {
                Thread.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            bury();
        }
    }

    private synchronized boolean isAnyEndedLeft() {
        for (Child child : monitors) {
            if (!new File(state.recordFile(child.box())).exists()) {
                return true;
            }
        }
        return false;
    }
}
