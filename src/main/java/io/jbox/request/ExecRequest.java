package io.jbox.request;

import io.jbox.facts.Launch;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A command for a box that runs.
 *
 * @param command its words; none for the user's login shell
 * @param streams what its descriptors 0, 1 and 2 become
 * @param user USER, UID, USER:GROUP or UID:GID, by the box's own /etc/passwd and /etc/group; null for root
 * @param cwd absolute path in the box; null for the user's home, or /
 * @param environment {@code NAME=VALUE} each, over what a login has
 * @param keepEnvironment whether the command also gets this process's environment
 * @param namespaces the only ones to join, by the kernel's names; null for all of the box's
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
        return new ExecRequest(
                List.of(command),
                List.of(Launch.Stream.PIPE, Launch.Stream.PIPE, Launch.Stream.PIPE),
                null,
                null,
                List.of(),
                false,
                null,
                false);
    }
}
