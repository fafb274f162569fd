package io.jbox.life;

import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;

/** Says what state a box is in, from its record and from who of those in it still lives. Changes nothing. */
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
     * The state; STOPPED where something is to be tidied up.
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
        // First: whoever stops a box ends after it.
        boolean stopped = record.stopper() != null && witness.isAlive(record.stopper());
        if (!witness.isAlive(record.monitor())) {
            return BoxState.STOPPED;
        }
        if (record.init() == null || !witness.isAlive(record.init())) {
            return record.state() == BoxState.ABORTING ? BoxState.ABORTING : BoxState.STOPPING;
        }
        BoxState state = record.state();
        if (state == BoxState.STOPPING && !stopped) {
            // Whoever was stopping it has died, or has given up.
            state = BoxState.RUNNING;
        }
        if (state == BoxState.RUNNING || state == BoxState.FROZEN) {
            return witness.isFrozen() ? BoxState.FROZEN : BoxState.RUNNING;
        }
        return state;
    }
}
