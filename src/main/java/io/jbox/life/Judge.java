package io.jbox.life;

import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** Says what state a box is in, from its record and from who of those in it still lives. Changes nothing. */
final class Judge {
    private Judge() {}

    /**
     * The state; STOPPED where something is to be tidied up.
     *
     * @param boot of the kernel that runs now
     * @param alive tells of a process whether it has not ended
     * @param frozen tells whether the box's cgroup is frozen
     */
    static BoxState of(BoxRecord record, String boot, Predicate<ProcessId> alive, BooleanSupplier frozen) {
        if (!record.boot().equals(boot)) {
            return BoxState.STOPPED;
        }
        if (record.monitor() == null) {
            return BoxState.STARTING;
        }
        // First: whoever stops a box ends after it.
        boolean stopped = record.stopper() != null && alive.test(record.stopper());
        if (!alive.test(record.monitor())) {
            return BoxState.STOPPED;
        }
        if (record.init() == null || !alive.test(record.init())) {
            return record.state() == BoxState.ABORTING ? BoxState.ABORTING : BoxState.STOPPING;
        }
        BoxState state = record.state();
        if (state == BoxState.STOPPING && !stopped) {
            // Whoever was stopping it has died, or has given up.
            state = BoxState.RUNNING;
        }
        if (state == BoxState.RUNNING || state == BoxState.FROZEN) {
            return frozen.getAsBoolean() ? BoxState.FROZEN : BoxState.RUNNING;
        }
        return state;
    }
}
