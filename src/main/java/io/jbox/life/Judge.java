package io.jbox.life;

import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;

/**
 * Determines the state of a box from its record and from which of the recorded processes still live. Changes nothing.
 */
final class Judge {
    private Judge() {}

    /** Knows what is true right now. */
    interface Witness {
        /** Whether a process has not ended. */
        boolean isAlive(ProcessId process);

        /** Whether the box's cgroup is frozen. */
        boolean isFrozen();
    }

    /**
     * Returns the state; STOPPED also if a cleanup is still to be done.
     *
     * @param boot of the kernel that runs now
     */
    static BoxState of(BoxRecord record, String boot, Witness witness) {
        if (!record.boot().equals(boot)) {
            return BoxState.STOPPED;
        }
        if (record.monitor() == null) {
            return BoxState.STARTING;
        }
        // Checked first, since the stopping process ends after the box.
        boolean stopped = record.stopper() != null && witness.isAlive(record.stopper());
        if (!witness.isAlive(record.monitor())) {
            return BoxState.STOPPED;
        }
        if (record.init() == null || !witness.isAlive(record.init())) {
            return record.state() == BoxState.ABORTING ? BoxState.ABORTING : BoxState.STOPPING;
        }
        BoxState state = record.state();
        if (state == BoxState.STOPPING && !stopped) {
            // The process that was stopping it has died or given up.
            state = BoxState.RUNNING;
        }
        if (state == BoxState.RUNNING || state == BoxState.FROZEN) {
            return witness.isFrozen() ? BoxState.FROZEN : BoxState.RUNNING;
        }
        return state;
    }
}
