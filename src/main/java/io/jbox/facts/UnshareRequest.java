package io.jbox.facts;

import io.jbox.config.Namespace;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The options of an {@code unshare} call.
 *
 * @param namespaces to be made
 * @param kept the files that namespaces are bind-mounted on, so that they outlive their processes
 * @param child whether and how the program runs in a child; null for this process
 * @param user id that the caller's user alone is mapped to
 * @param group id that the caller's group alone is mapped to
 * @param users a user map that is written from outside
 * @param groups a group map that is written from outside
 * @param setgroups allow, deny or null
 * @param propagation of all mounts of a new mount namespace; empty to leave them alone
 * @param proc where to mount a new /proc, or null
 * @param root the new root directory, or null
 * @param folder the new working directory, or null
 * @param uid to become in the end, or null
 * @param gid to become in the end, or null
 * @param keepCapabilities whether capabilities survive execve although the user is not root
 * @param clocks offsets in seconds by clock: monotonic, boottime
 * @param owner of a new user namespace; null for the caller
 * @param binfmt null for none
 * @param environment of the program
 * @param words the program and its arguments; empty for a shell
 */
public record UnshareRequest(
        Set<Namespace> namespaces,
        Map<Namespace, String> kept,
        @Nullable Child child,
        @Nullable Long user,
        @Nullable Long group,
        WrittenMap users,
        WrittenMap groups,
        @Nullable String setgroups,
        List<String> propagation,
        @Nullable String proc,
        @Nullable String root,
        @Nullable String folder,
        @Nullable Long uid,
        @Nullable Long gid,
        boolean keepCapabilities,
        Map<String, Long> clocks,
        @Nullable Owner owner,
        @Nullable Binfmt binfmt,
        List<String> environment,
        List<String> words) {

    /**
     * How the program runs in a child.
     *
     * @param deathSignal what it gets when this process ends; 0 for nothing
     * @param forward whether SIGINT and SIGTERM are forwarded to it
     */
    public record Child(int deathSignal, boolean forward) {}

    /** The user and group that own the user namespace, because they create it. */
    public record Owner(long uid, long gid) {}

    /**
     * A binfmt_misc mount of the user namespace.
     *
     * @param folder where it is mounted
     * @param proc whether to mount the /proc that contains the folder first
     * @param interpreter what is registered, as the kernel reads it; null for nothing
     */
    public record Binfmt(
            String folder, boolean proc, @Nullable String interpreter) {
        /** Whether the kernel opens the interpreter when it is registered (flag F). */
        public boolean isFixed() {
            return interpreter != null && interpreter.indexOf('F', interpreter.lastIndexOf(':')) >= 0;
        }
    }
}
