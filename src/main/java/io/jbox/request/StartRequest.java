package io.jbox.request;

import io.jbox.state.BoxSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a box is to be started.
 *
 * @param config path of its configuration
 * @param overrides {@code KEY=VALUE} each
 * @param foreground whether the box dies with this process
 * @param pidFile receives init's process id; null for none
 * @param observer of the start's events
 * @param reboots number of quick reboots in a row if this start is a reboot; -1 if a user asked for the start
 */
public record StartRequest(
        String config,
        List<String> overrides,
        boolean foreground,
        @Nullable String pidFile,
        LaunchObserver observer,
        int reboots) {
    private static final int ASKED = -1;

    /** A start that a user asks for. */
    public StartRequest(
            String config,
            List<String> overrides,
            boolean foreground,
            @Nullable String pidFile,
            LaunchObserver observer) {
        this(config, overrides, foreground, pidFile, observer, ASKED);
    }

    /** The same start once more, in the background. */
    public static StartRequest again(BoxSpec spec) {
        return new StartRequest(spec.origin().config(), spec.origin().overrides(), false, null, LaunchObserver.NONE);
    }

    /** The same start as a reboot of the box. */
    public StartRequest byReboot(int inARow) {
        return new StartRequest(config, overrides, foreground, pidFile, observer, inARow);
    }

    /** Whether the start is a reboot of the box itself. */
    public boolean isByReboot() {
        return reboots != ASKED;
    }

    /** The same with another observer. */
    public StartRequest observedBy(LaunchObserver other) {
        return new StartRequest(config, overrides, foreground, pidFile, other, reboots);
    }

    /** A start in the background from a configuration file. */
    public static StartRequest of(String config) {
        return new StartRequest(config, List.of(), false, null, LaunchObserver.NONE);
    }
}
