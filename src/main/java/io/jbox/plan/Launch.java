package io.jbox.plan;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a launch is to be, beside the box's configuration.
 *
 * @param command what {@code jbox run} runs below a small PID 1; null to start the configuration's init
 * @param terminals which of descriptors 0, 1 and 2 become the box's console instead of the caller's own
 * @param environment {@code NAME=VALUE} each, over the configuration's
 * @param cwd over the configuration's
 */
public record Launch(
        @Nullable List<String> command,
        List<Integer> terminals,
        List<String> environment,
        @Nullable String cwd) {
    /** The configuration's init on a console of its own. */
    public static Launch init() {
        return new Launch(null, List.of(0, 1, 2), List.of(), null);
    }

    /** Whether the box has a console. */
    public boolean hasConsole() {
        return !terminals.isEmpty();
    }
}
