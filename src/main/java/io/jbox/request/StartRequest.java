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
 * @param observer is told what happens
 * @param reboots how often in a row the box has rebooted soon after its start, by which it is started now; -1 if somebody
 *     asked for the start
 */
public record StartRequest(
        String config,
        List<String> overrides,
        boolean foreground,
        @Nullable String pidFile,
        LaunchObserver observer,
        int reboots) {
    private static final int ASKED = -1;

    /** One that somebody asks for. */
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

    /** The same because the box has rebooted. */
    public StartRequest byReboot(int inARow) {
        return new StartRequest(config, overrides, foreground, pidFile, observer, inARow);
    }

    /** Whether nobody has asked for it but the box. */
    public boolean isByReboot() {
        return reboots != ASKED;
    }

    /** The same with somebody who is told what happens. */
    public StartRequest observedBy(LaunchObserver other) {
        return new StartRequest(config, overrides, foreground, pidFile, other, reboots);
    }

    /** In the background, as a file says. */
    public static StartRequest of(String config) {
        return new StartRequest(config, List.of(), false, null, LaunchObserver.NONE);
    }
}
