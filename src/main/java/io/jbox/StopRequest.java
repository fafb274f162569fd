package io.jbox;

import java.time.Duration;

/**
 * How a box is to be stopped.
 *
 * @param kill whether it is ended at once, without being asked
 * @param patience how long it may take to halt
 * @param killAfter whether it is ended then
 * @param reboot whether it is asked to reboot, and started again
 */
public record StopRequest(boolean kill, Duration patience, boolean killAfter, boolean reboot) {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Asks it to halt, and ends it after a minute. */
    public static StopRequest orderly() {
        return new StopRequest(false, PATIENCE, true, false);
    }

    /** Ends it. */
    public static StopRequest now() {
        return new StopRequest(true, PATIENCE, true, false);
    }
}
