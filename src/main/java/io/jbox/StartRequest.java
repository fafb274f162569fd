package io.jbox;

import io.jbox.box.LaunchObserver;
import io.jbox.state.BoxRecord;
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
 */
public record StartRequest(
        String config,
        List<String> overrides,
        boolean foreground,
        @Nullable String pidFile,
        LaunchObserver observer) {
    /** The same start once more, in the background. */
    static StartRequest again(BoxRecord.Spec spec) {
        return new StartRequest(spec.config(), spec.overrides(), false, null, LaunchObserver.NONE);
    }

    /** The same with somebody who is told what happens. */
    StartRequest observedBy(LaunchObserver other) {
        return new StartRequest(config, overrides, foreground, pidFile, other);
    }

    /** In the background, as a file says. */
    public static StartRequest of(String config) {
        return new StartRequest(config, List.of(), false, null, LaunchObserver.NONE);
    }
}
