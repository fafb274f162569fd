package io.jbox.plan;

import io.jbox.facts.HostFacts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The parts of /proc and /sys that are hidden from a box, where the kernel has them. */
public final class Masks {
    static final List<String> PROC_FILES =
            List.of("interrupts", "kcore", "keys", "latency_stats", "sched_debug", "timer_list", "timer_stats");
    /** Files that only the host's root may read, or whose reading has effects: another root cannot. */
    static final List<String> PROC_FILES_OF_ROOT =
            List.of("slabinfo", "vmallocinfo", "pagetypeinfo", "kpagecount", "kpageflags", "kpagecgroup");

    static final List<String> SYS_FOLDERS_OF_ROOT = List.of("class/zram-control");
    static final List<String> PROC_FOLDERS = List.of("acpi", "asound", "dynamic_debug", "scsi");
    /** Without debug and tracing, which are empty in a separate sysfs. */
    static final List<String> SYS_FOLDERS = List.of("firmware", "devices/virtual/powercap");

    /** Counts thermal throttling of a processor, which reveals what others do on it (GHSA-6fw5-f8r9-fgfm). */
    public static final String PROCESSORS = "/sys/devices/system/cpu";

    public static final String THERMAL = "thermal_throttle";

    /** Read-only rather than masked, because programs look at them. */
    static final List<String> PROC_READ_ONLY = List.of("bus", "fs", "irq", "sysrq-trigger");

    private Masks() {}

    /** The host paths that decide which masks a plan has. */
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

    /** The folders below /sys to mask on a host. */
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
