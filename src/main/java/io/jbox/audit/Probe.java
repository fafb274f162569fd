package io.jbox.audit;

import java.util.List;

/**
 * A known escape, tried from inside by a shell in the box.
 *
 * @param name what is tried
 * @param script prints "open" if it works; harmless if it does
 */
public record Probe(Severity severity, String name, String script) {
    public static List<Probe> all() {
        return List.of(
                probe(Severity.HIGH, "write a parameter of the host's kernel", writable("/proc/sys/kernel/panic")),
                probe(Severity.HIGH, "write a parameter of core files", writable("/proc/sys/kernel/core_pattern")),
                probe(Severity.HIGH, "make /proc/sys writable", "mount -o remount,rw /proc/sys"),
                probe(Severity.HIGH, "uncover masked files", "umount /proc/kcore || umount /sys/firmware"),
                probe(Severity.HIGH, "open /proc/sysrq-trigger", "true >>/proc/sysrq-trigger"),
                probe(Severity.HIGH, "read the kernel's memory", "[ -n \"$(head -c1 /proc/kcore | od -An -tx1)\" ]"),
                probe(Severity.HIGH, "make a disk's device node and open it", node("b 8 0") + " || " + node("b 254 0")),
                probe(Severity.HIGH, "open the kernel's memory device", node("c 1 1")),
                // If loading is permitted, the kernel complains about the format.
                probe(Severity.HIGH, "load a module", "insmod /proc/self/exe 2>&1 | grep 'format'"),
                probe(Severity.HIGH, "write to /sys", "true >>/sys/kernel/uevent_helper || true >>/sys/power/state"),
                probe(
                        Severity.HIGH,
                        "mount cgroups, which have a release_agent",
                        "mkdir -p /tmp/.audit && mount -t cgroup -o memory none /tmp/.audit"),
                probe(
                        Severity.MEDIUM,
                        "mount a file system",
                        "mkdir -p /tmp/.audit && mount -t tmpfs none /tmp/.audit"),
                probe(Severity.MEDIUM, "make a user namespace", "unshare -U true || unshare -r true"),
                probe(Severity.MEDIUM, "make a mount namespace", "unshare -m true"),
                probe(Severity.MEDIUM, "enter init's namespaces again", "nsenter -t 1 -m true"),
                probe(Severity.LOW, "read the kernel's log", "dmesg"),
                probe(
                        Severity.LOW,
                        "set the clock",
                        "[ -z \"$(date -s \"$(date '+%Y-%m-%d %H:%M:%S')\" 2>&1 >/dev/null)\" ]"));
    }

    private static Probe probe(Severity severity, String name, String command) {
        return new Probe(severity, name, "if { " + command + "; } >/dev/null 2>&1; then echo open; fi");
    }

    /** Tests write access by writing back the current content. */
    private static String writable(String file) {
        return "cat " + file + " >/tmp/.audit-value && cat /tmp/.audit-value >" + file;
    }

    private static String node(String kind) {
        return "{ rm -f /tmp/.audit-node; mknod /tmp/.audit-node " + kind + " && true </tmp/.audit-node; }";
    }
}
