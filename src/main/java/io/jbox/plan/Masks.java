package io.jbox.plan;

import io.jbox.facts.HostFacts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What of /proc and /sys a box does not get to see, where the kernel has it. */
public final class Masks {
    static final List<String> PROC_FILES =
            List.of("interrupts", "kcore", "keys", "latency_stats", "sched_debug", "timer_list", "timer_stats");
    /** What only the host's root may read, or has effects when it is read: another root cannot. */
    static final List<String> PROC_FILES_OF_ROOT =
            List.of("slabinfo", "vmallocinfo", "pagetypeinfo", "kpagecount", "kpageflags", "kpagecgroup");

    static final List<String> SYS_FOLDERS_OF_ROOT = List.of("class/zram-control");
    static final List<String> PROC_FOLDERS = List.of("acpi", "asound", "dynamic_debug", "scsi");
    /** Not among them: debug and tracing, which are empty in a sysfs of one's own. */
    static final List<String> SYS_FOLDERS = List.of("firmware", "devices/virtual/powercap");

    /** Counts what heats a processor, which tells of what others do on it (GHSA-6fw5-f8r9-fgfm). */
    public static final String PROCESSORS = "/sys/devices/system/cpu";

    public static final String THERMAL = "thermal_throttle";

    /** Masked read-only rather than away: programs look at them. */
    static final List<String> PROC_READ_ONLY = List.of("bus", "fs", "irq", "sysrq-trigger");

    private Masks() {}

    /** The paths of the host that decide which masks a plan has. */
    public static List<String> candidates() {
        List<String> paths = new ArrayList<>();
        for (List<String> names : List.of(PROC_FILES, PROC_FILES_OF_ROOT, PROC_FOLDERS, PROC_READ_ONLY)) {
            for (String name : names) {
                paths.add("/proc/" + name);
            }
        }
        for (List<String> names : List.of(SYS_FOLDERS, SYS_FOLDERS_OF_ROOT)) {
            for (String name : names) {
                paths.add("/sys/" + name);
            }
        }
        return paths;
    }

    /** The folders below /sys to be masked on a host. */
    static List<String> sysFolders(HostFacts facts) {
        List<String> folders = new ArrayList<>(SYS_FOLDERS);
        for (String path : facts.existing()) {
            if (path.startsWith(PROCESSORS) && path.endsWith(THERMAL)) {
                folders.add(path.substring("/sys/".length()));
            }
        }
        Collections.sort(folders);
        return folders;
    }
}
