package io.jbox.facts;

import io.jbox.config.Namespace;
import io.jbox.plan.Descriptors;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The options of an {@code nsenter} call. Everything to enter is already open: a namespace's descriptor is {@link
 * Descriptors#namespace}, the target's pidfd {@link Descriptors#TARGET}, a cgroup's {@link Descriptors#procs}.
 *
 * @param ofTarget the namespaces to enter of the target
 * @param files the namespaces to enter by a descriptor
 * @param folders the program's root and working directory
 * @param cgroups the number of cgroups to join
 * @param fork whether the program runs in a child
 * @param program what is run
 */
public record EnterRequest(
        Set<Namespace> ofTarget,
        Set<Namespace> files,
        Folders folders,
        int cgroups,
        boolean fork,
        ToolProgram program) {
    /**
     * The directories of the program.
     *
     * @param root whether there is a new root directory, {@link Descriptors#NEW_ROOT}
     * @param working whether there is a new working directory, {@link Descriptors#NEW_FOLDER}
     * @param inside path of the new working directory inside the namespaces, or null
     */
    public record Folders(
            boolean root, boolean working, @Nullable String inside) {}

    /** Whether a user namespace is entered. */
    public boolean user() {
        return ofTarget.contains(Namespace.USER) || files.contains(Namespace.USER);
    }
}
