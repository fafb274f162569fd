package io.jbox.cgroup;

import io.jbox.config.Config;
import io.jbox.facts.HostFacts;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds the host's cgroup mounts in which boxes can get cgroups. */
public final class CgroupMounts {
    private static final String FREEZER = "freezer";
    /** Only in version 1: version 2 uses programs instead. */
    private static final String DEVICES = "devices";
    /** The version 1 controllers that every box uses. */
    private static final Set<String> EVERY_BOX = Set.of("memory", "pids", FREEZER, DEVICES);

    private static final String CPUSET = "cpuset";
    /** All version 1 controllers (cgroups(7)), to tell them from other mount options. */
    private static final Set<String> VERSION_1 = Set.of(
            "cpu",
            "cpuacct",
            CPUSET,
            "memory",
            DEVICES,
            FREEZER,
            "net_cls",
            "blkio",
            "perf_event",
            "net_prio",
            "hugetlb",
            "pids",
            "rdma",
            "misc");

    /**
     * A hierarchy.
     *
     * @param path where it is mounted
     * @param unified whether it is version 2
     * @param controllers of it that boxes can use
     */
    private record Mount(String path, boolean unified, List<String> controllers) {}

    private CgroupMounts() {}

    /** Returns the hierarchies for planning. */
    public static List<HostFacts.Hierarchy> hierarchies() {
        List<HostFacts.Hierarchy> hierarchies = new ArrayList<>();
        for (Mount mount : read()) {
            hierarchies.add(new HostFacts.Hierarchy(mount.path(), mount.unified(), mount.controllers()));
        }
        return hierarchies;
    }

    /**
     * The hierarchies in which a box gets a cgroup. Each one of version 1 costs a start three calls: it is used only if
     * it does something for every box, or the configuration asks for it.
     *
     * @param all as returned by {@link #hierarchies}
     */
    public static List<HostFacts.Hierarchy> of(Config config, List<HostFacts.Hierarchy> all) {
        List<HostFacts.Hierarchy> wanted = new ArrayList<>();
        for (HostFacts.Hierarchy hierarchy : all) {
            if (hierarchy.unified()) {
                wanted.add(hierarchy);
            } else if (isAnyWanted(hierarchy, config)) {
                wanted.add(hierarchy.controllers().contains(CPUSET) ? withInitial(hierarchy) : hierarchy);
            }
        }
        return wanted;
    }

    private static boolean isWanted(String controller, Config config) {
        if (EVERY_BOX.contains(controller)
                || controller.equals("cpu") && config.resources().limits().cpus() != null) {
            return true;
        }
        // Includes the other version's files: the error must say which version this host has.
        Set<String> files = new HashSet<>(config.resources().cgroup1().keySet());
        files.addAll(config.resources().cgroup2().keySet());
        for (String file : files) {
            if (file.startsWith(controller + ".")) {
                return true;
            }
        }
        return false;
    }

    private static boolean isAnyWanted(HostFacts.Hierarchy hierarchy, Config config) {
        for (String controller : hierarchy.controllers()) {
            if (isWanted(controller, config)) {
                return true;
            }
        }
        return false;
    }

    private static HostFacts.Hierarchy withInitial(HostFacts.Hierarchy hierarchy) {
        Map<String, String> initial = new LinkedHashMap<>();
        for (String file : List.of("cpuset.cpus", "cpuset.mems")) {
            // An administrator may have restricted all boxes to less than the host has.
            String text = CgroupFile.read(hierarchy.path() + "/" + HostFacts.Hierarchy.PARENT + "/" + file);
            text = text.isBlank() ? CgroupFile.read(hierarchy.path() + "/" + file) : text;
            initial.put(file, text.trim());
        }
        return new HostFacts.Hierarchy(hierarchy.path(), false, hierarchy.controllers(), initial);
    }

    /**
     * Version 2 wherever it is mounted; of version 1 the controllers that version 2 does not have, and the freezer if
     * there is no version 2 at all. Only writable ones.
     */
    private static List<Mount> read() {
        Mount unified = null;
        List<Mount> old = new ArrayList<>();
        Set<String> known = new HashSet<>();
        try (BufferedReader in = new BufferedReader(new FileReader("/proc/self/mountinfo", StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                int separator = line.indexOf(" - cgroup");
                if (separator < 0) {
                    continue;
                }
                String[] fields = line.split(" ", 6);
                String path = line.startsWith("cgroup2 ", separator + 3) ? delegated(fields[4], fields[3]) : fields[4];
                // Skip a mount that is not writable, or is hidden below another.
                if (!isOurs(path)) {
                    continue;
                }
                String tail = line.substring(separator + 3);
                // Of two mounts on one folder the later is visible; of one hierarchy mounted twice one is enough.
                if (!known.add(line.split(" ", 4)[2])) {
                    continue;
                }
                if (tail.startsWith("cgroup2 ")) {
                    unified = new Mount(path, true, available(path));
                } else {
                    old.add(new Mount(path, false, controllers(tail)));
                }
            }
        } catch (IOException e) {
            return List.of();
        }
        List<Mount> mounts = new ArrayList<>();
        if (unified != null) {
            mounts.add(unified);
        }
        for (Mount mount : old) {
            List<String> useful = new ArrayList<>(mount.controllers);
            if (unified != null) {
                useful.removeAll(unified.controllers);
                useful.remove(FREEZER);
                useful.remove(DEVICES);
            }
            if (!useful.isEmpty()) {
                mounts.add(new Mount(mount.path, false, List.copyOf(useful)));
            }
        }
        return mounts;
    }

    private static boolean isOurs(String path) {
        return new File(path).canWrite() && new File(path, "cgroup.procs").canWrite();
    }

    /**
     * The topmost of this process's cgroups that is delegated to us (cgroups(7), "Delegation"): the root for root; for
     * a user of systemd that of the user's own services.
     *
     * @param mount where version 2 is mounted
     * @param root the cgroup that is mounted there
     */
    private static String delegated(String mount, String root) {
        for (String line : CgroupFile.read("/proc/self/cgroup").split("\n")) {
            String prefix = "0::" + (root.equals("/") ? "" : root);
            if (!line.startsWith(prefix + "/")) {
                continue;
            }
            String below = line.substring(prefix.length());
            for (int slash = 0; slash >= 0; slash = below.indexOf('/', slash + 1)) {
                String candidate = mount + below.substring(0, slash);
                if (isOurs(candidate)) {
                    return candidate;
                }
            }
            return below.equals("/") ? mount : mount + below;
        }
        return mount;
    }

    /** The version 1 controllers that boxes can use. */
    private static List<String> controllers(String tail) {
        List<String> controllers = new ArrayList<>();
        for (String option : tail.substring(tail.lastIndexOf(' ') + 1).split(",")) {
            if (VERSION_1.contains(option)) {
                controllers.add(option);
            }
        }
        return controllers;
    }

    private static List<String> available(String path) {
        String line = CgroupFile.read(path + "/cgroup.controllers");
        List<String> available = new ArrayList<>();
        for (String controller : line.trim().split(" ")) {
            if (!controller.isEmpty()) {
                available.add(controller);
            }
        }
        return available;
    }
}
