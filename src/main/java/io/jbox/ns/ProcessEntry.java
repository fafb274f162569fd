package io.jbox.ns;

import io.jbox.config.Namespace;

/**
 * What /proc says about a process (proc(5)).
 *
 * @param pid as this PID namespace sees it
 * @param ppid the same for its parent; 0 if that is outside
 * @param uid effective, as this user namespace sees it
 * @param name of the program, up to 15 bytes
 * @param namespaces ids by {@link Namespace#ordinal()}; 0 where the kernel has no such namespace, or hides it
 */
public record ProcessEntry(int pid, int ppid, long uid, String name, long[] namespaces) {
    /** The id of the namespace of a kind that it is in. */
    public long namespace(Namespace kind) {
        return namespaces[kind.ordinal()];
    }
}
