package io.jbox.cgroup;

import io.jbox.plan.HostFacts;
import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Where the host has its cgroups mounted, as far as boxes get some of their own there. */
public final class CgroupMounts {
    private static final List<String> WANTED = List.of("cpu", "memory", "pids");

    /**
     * A hierarchy.
     *
     * @param path where it is mounted
     * @param unified whether it is of version 2
     * @param controllers of it that boxes can use
     */
    private record Mount(String path, boolean unified, List<String> controllers) {}

    private CgroupMounts() {}

    /** The same for a plan. */
    public static List<HostFacts.Hierarchy> hierarchies() {
        List<HostFacts.Hierarchy> hierarchies = new ArrayList<>();
        for (Mount mount : read()) {
            hierarchies.add(new HostFacts.Hierarchy(mount.path(), mount.unified() ? mount.controllers() : List.of()));
        }
        return hierarchies;
    }

    /**
     * Version 2 wherever it is; of version 1 what version 2 does not have: the controller for memory, and the freezer
     * where there is no version 2 at all. Only those that we can write to.
     */
    private static List<Mount> read() {
        Mount unified = null;
        Mount memory = null;
        Mount freezer = null;
        try (BufferedReader in = new BufferedReader(new FileReader("/proc/self/mountinfo", StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                int separator = line.indexOf(" - cgroup");
                if (separator < 0) {
                    continue;
                }
                String path = line.split(" ", 6)[4];
                String tail = line.substring(separator + 3);
                if (tail.startsWith("cgroup2 ")) {
                    unified = new Mount(path, true, available(path));
                } else if (hasController(tail, "memory")) {
                    memory = new Mount(path, false, List.of("memory"));
                } else if (hasController(tail, "freezer")) {
                    freezer = new Mount(path, false, List.of("freezer"));
                }
            }
        } catch (IOException e) {
            return List.of();
        }
        List<Mount> mounts = new ArrayList<>();
        if (unified != null) {
            mounts.add(unified);
        } else if (freezer != null) {
            mounts.add(freezer);
        }
        if (memory != null && (unified == null || !unified.controllers.contains("memory"))) {
            mounts.add(memory);
        }
        List<Mount> writable = new ArrayList<>();
        for (Mount mount : mounts) {
            if (new java.io.File(mount.path).canWrite()) {
                writable.add(mount);
            }
        }
        return writable;
    }

    private static boolean hasController(String tail, String controller) {
        String options = tail.substring(tail.lastIndexOf(' ') + 1);
        for (String option : options.split(",")) {
            if (option.equals(controller)) {
                return true;
            }
        }
        return false;
    }

    private static List<String> available(String path) {
        String line = CgroupFile.read(path + "/cgroup.controllers");
        List<String> available = new ArrayList<>();
        for (String controller : line.trim().split(" ")) {
            if (WANTED.contains(controller)) {
                available.add(controller);
            }
        }
        return available;
    }
}
