package io.jbox.facts;

import io.jbox.config.Namespace;
import io.jbox.plan.Descriptors;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The options of an {@code nsenter} call. What is entered is open already: a namespace's descriptor is {@link
 * Descriptors#namespace}, the target's pidfd {@link Descriptors#TARGET}, a cgroup's {@link Descriptors#procs}.
 *
 * @param ofTarget the namespaces to enter of the target
 * @param files the namespaces to enter by a descriptor
 * @param root whether there is a new root directory, {@link Descriptors#NEW_ROOT}
 * @param folder whether there is a new working directory, {@link Descriptors#NEW_FOLDER}
 * @param inside path of the new working directory inside the namespaces, or null
 * @param cgroups the number of cgroups to join
 * @param fork whether the program runs in a child
 * @param uid to become, or null
 * @param gid to become, or null
 * @param keepCapabilities whether capabilities in the user namespace survive execve although the user is not root
 * @param environment of the program
 * @param words the program and its arguments; empty for a shell
 */
public record EnterRequest(
        Set<Namespace> ofTarget,
        Set<Namespace> files,
        boolean root,
        boolean folder,
        @Nullable String inside,
        int cgroups,
        boolean fork,
        @Nullable Long uid,
        @Nullable Long gid,
        boolean keepCapabilities,
        List<String> environment,
        List<String> words) {
    public boolean user() {
        return ofTarget.contains(Namespace.USER) || files.contains(Namespace.USER);
    }
}
