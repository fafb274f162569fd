package io.jbox.request;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a box is to be stopped.
 *
 * @param kill whether it is ended at once, without being asked
 * @param patience how long it may take to halt; null for what its configuration says (signal.timeout)
 * @param killAfter whether it is ended then
 * @param reboot whether it is asked to reboot, and started again
 */
public record StopRequest(boolean kill, @Nullable Duration patience, boolean killAfter, boolean reboot) {
    /** Asks it to halt, and ends it when it has had its time. */
    public static StopRequest orderly() {
        return new StopRequest(false, null, true, false);
    }

    /** Ends it. */
    public static StopRequest now() {
        return new StopRequest(true, null, true, false);
    }

    /** How long the box may take. */
    public Duration patience(long configured) {
        return patience != null ? patience : Duration.ofSeconds(configured);
    }
}
