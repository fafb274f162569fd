package io.jbox.request;

import io.jbox.config.Config;
import io.jbox.facts.Launch;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A program to run in a box of its own, which is removed at its end.
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
        return of(config, List.of(command)).build();
    }

    /** @param command the program and its arguments */
    public static Builder of(Config config, List<String> command) {
        return new Builder(config, command);
    }

    /** Builds a request; everything that is not set is as in {@link #piped}. */
    public static final class Builder {
        private final Config config;
        private final List<String> command;
        private List<Launch.Stream> streams = List.of(Launch.Stream.PIPE, Launch.Stream.PIPE, Launch.Stream.PIPE);
        private List<String> environment = List.of();
        private @Nullable String cwd;
        private LaunchObserver observer = LaunchObserver.NONE;

        private Builder(Config config, List<String> command) {
            this.config = config;
            this.command = List.copyOf(command);
        }

        /** What its descriptors 0, 1 and 2 become. */
        public Builder streams(List<Launch.Stream> all) {
            streams = List.copyOf(all);
            return this;
        }

        /** {@code NAME=VALUE} each, over the configuration's. */
        public Builder environment(List<String> variables) {
            environment = List.copyOf(variables);
            return this;
        }

        /** An absolute path in the box; null for the configuration's. */
        public Builder cwd(@Nullable String path) {
            cwd = path;
            return this;
        }

        /** The observer of the start and the end. */
        public Builder observer(LaunchObserver who) {
            observer = who;
            return this;
        }

        public RunRequest build() {
            return new RunRequest(config, command, streams, environment, cwd, observer);
        }
    }
}
