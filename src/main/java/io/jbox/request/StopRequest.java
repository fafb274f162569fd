package io.jbox.request;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a box is to be stopped.
 *
 * @param kill whether to kill it at once, without the halt signal
 * @param patience how long it may take to halt; null for its configured time (signal.timeout)
 * @param killAfter whether to kill it after that time
 * @param reboot whether it is asked to reboot, and started again
 */
public record StopRequest(boolean kill, @Nullable Duration patience, boolean killAfter, boolean reboot) {
    /** Asks it to halt, and kills it after its time. */
    public static StopRequest orderly() {
        return new StopRequest(false, null, true, false);
    }

    /** Kills it. */
    public static StopRequest now() {
        return new StopRequest(true, null, true, false);
    }

    /** How long the box may take. */
    public Duration patience(long configured) {
        return patience != null ? patience : Duration.ofSeconds(configured);
    }
}
