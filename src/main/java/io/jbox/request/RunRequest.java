package io.jbox.request;

import io.jbox.config.Config;
import io.jbox.facts.Launch;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A program that is to run in a box of its own, which is gone with it.
 *
 * @param config of the box
 * @param command the program and its arguments
 * @param streams what its descriptors 0, 1 and 2 become
 * @param environment {@code NAME=VALUE} each, over the configuration's
 * @param cwd absolute path in the box; null for the configuration's
 * @param observer told of the start and the end
 */
public record RunRequest(
        Config config,
        List<String> command,
        List<Launch.Stream> streams,
        List<String> environment,
        @Nullable String cwd,
        LaunchObserver observer) {
    /** With pipes to its standard input, output and error. */
    public static RunRequest piped(Config config, String... command) {
        return new RunRequest(
                config,
                List.of(command),
                List.of(Launch.Stream.PIPE, Launch.Stream.PIPE, Launch.Stream.PIPE),
                List.of(),
                null,
                LaunchObserver.NONE);
    }
}
