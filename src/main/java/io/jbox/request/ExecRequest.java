package io.jbox.request;

import io.jbox.facts.Launch;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A command for a running box.
 *
 * @param command its words; none for the user's login shell
 * @param streams what its descriptors 0, 1 and 2 become
 * @param user USER, UID, USER:GROUP or UID:GID, by the box's own /etc/passwd and /etc/group; null for root
 * @param cwd absolute path in the box; null for the user's home, or /
 * @param environment {@code NAME=VALUE} each, over what a login has
 * @param keepEnvironment whether the command also gets this process's environment
 * @param namespaces the only ones to join, by the kernel's names; null for all namespaces of the box
 * @param privileged whether the command keeps this process's capabilities
 */
public record ExecRequest(
        List<String> command,
        List<Launch.Stream> streams,
        @Nullable String user,
        @Nullable String cwd,
        List<String> environment,
        boolean keepEnvironment,
        @Nullable List<String> namespaces,
        boolean privileged) {
    /** As the box's root, with pipes to its standard input, output and error. */
    public static ExecRequest piped(String... command) {
        return of(List.of(command)).build();
    }

    /** @param command its words; none for the user's login shell */
    public static Builder of(List<String> command) {
        return new Builder(command);
    }

    /** Builds a request; everything that is not set is as in {@link #piped}. */
    public static final class Builder {
        private final List<String> command;
        private List<Launch.Stream> streams = List.of(Launch.Stream.PIPE, Launch.Stream.PIPE, Launch.Stream.PIPE);
        private @Nullable String user;
        private @Nullable String cwd;
        private List<String> environment = List.of();
        private boolean keepEnvironment;
        private @Nullable List<String> namespaces;
        private boolean privileged;

        private Builder(List<String> command) {
            this.command = List.copyOf(command);
        }

        /** What its descriptors 0, 1 and 2 become. */
        public Builder streams(List<Launch.Stream> all) {
            streams = List.copyOf(all);
            return this;
        }

        /** USER, UID, USER:GROUP or UID:GID, by the box's own /etc/passwd and /etc/group; null for root. */
        public Builder user(@Nullable String name) {
            user = name;
            return this;
        }

        /** An absolute path in the box; null for the user's home, or /. */
        public Builder cwd(@Nullable String path) {
            cwd = path;
            return this;
        }

        /** {@code NAME=VALUE} each, over what a login has. */
        public Builder environment(List<String> variables) {
            environment = List.copyOf(variables);
            return this;
        }

        /** Whether the command also gets this process's environment. */
        public Builder keepEnvironment(boolean keeps) {
            keepEnvironment = keeps;
            return this;
        }

        /** The only namespaces to join, by the kernel's names; null for all of the box. */
        public Builder namespaces(@Nullable List<String> only) {
            namespaces = only;
            return this;
        }

        /** Whether the command keeps this process's capabilities. */
        public Builder privileged(boolean keeps) {
            privileged = keeps;
            return this;
        }

        public ExecRequest build() {
            return new ExecRequest(command, streams, user, cwd, environment, keepEnvironment, namespaces, privileged);
        }
    }
}
