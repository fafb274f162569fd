package io.jbox.schema;

import io.jbox.config.Namespace;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Knows which namespace each kernel parameter belongs to (namespaces(7), proc(5), Documentation/admin-guide/sysctl).
 */
final class Sysctls {
    static final String KNOWN = "net.*, fs.mqueue.*, kernel.msg*, kernel.sem, kernel.shm*, kernel.domainname";

    private static final List<String> IPC = List.of(
            "kernel.msgmax",
            "kernel.msgmnb",
            "kernel.msgmni",
            "kernel.sem",
            "kernel.shmall",
            "kernel.shmmax",
            "kernel.shmmni",
            "kernel.shm_rmid_forced");

    private Sysctls() {}

    /** @return null for a parameter of the host as a whole */
    static @Nullable Namespace owner(String name) {
        if (name.startsWith("net.")) {
            return Namespace.NET;
        }
        if (name.startsWith("fs.mqueue.") || IPC.contains(name)) {
            return Namespace.IPC;
        }
        return name.equals("kernel.domainname") || name.equals("kernel.hostname") ? Namespace.UTS : null;
    }
}
