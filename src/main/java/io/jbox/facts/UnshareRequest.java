package io.jbox.facts;

import io.jbox.config.Namespace;
import io.jbox.uapi.Flag;
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
 * @param ids of a new user namespace
 * @param mounts of a new mount namespace, and the program's root and working directory
 * @param clocks offsets in seconds by clock: monotonic, boottime
 * @param program what is run
 */
public record UnshareRequest(
        Set<Namespace> namespaces,
        Map<Namespace, String> kept,
        @Nullable Child child,
        Ids ids,
        Mounts mounts,
        Map<String, Long> clocks,
        ToolProgram program) {

    /**
     * The ids of a user namespace.
     *
     * @param user id that the caller's user alone is mapped to
     * @param group id that the caller's group alone is mapped to
     * @param users a user map that is written from outside
     * @param groups a group map that is written from outside
     * @param setgroups allow, deny or null
     * @param owner of the namespace; null for the caller
     */
    public record Ids(
            @Nullable Long user,
            @Nullable Long group,
            WrittenMap users,
            WrittenMap groups,
            @Nullable String setgroups,
            @Nullable Owner owner) {
        /** No mapping: the user and group of the caller own the namespace. */
        public static final Ids NONE = new Ids(null, null, WrittenMap.NONE, WrittenMap.NONE, null, null);
    }

    /**
     * The mounts, and the program's root and working directory.
     *
     * @param propagation of all mounts of a new mount namespace; empty to leave them alone
     * @param proc where to mount a new /proc, or null
     * @param binfmt null for none
     * @param root the new root directory, or null
     * @param folder the new working directory, or null
     */
    public record Mounts(
            List<Flag> propagation,
            @Nullable String proc,
            @Nullable Binfmt binfmt,
            @Nullable String root,
            @Nullable String folder) {}

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
