package io.jbox.ns;

import io.jbox.config.Namespace;

/**
 * A process as described by /proc (proc(5)).
 *
 * @param pid in this PID namespace
 * @param ppid of its parent; 0 if that is outside
 * @param uid effective, in this user namespace
 * @param name of the program, up to 15 bytes
 * @param namespaces ids by {@link Namespace#ordinal()}; 0 if the kernel has no such namespace, or hides it
 */
public record ProcessEntry(int pid, int ppid, long uid, String name, long[] namespaces) {
    /** The id of its namespace of a type. */
    public long namespace(Namespace kind) {
        return namespaces[kind.ordinal()];
    }
}
