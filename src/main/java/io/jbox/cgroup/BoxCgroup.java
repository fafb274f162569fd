package io.jbox.cgroup;

import io.jbox.config.CommandName;
import io.jbox.facts.HostFacts;
import io.jbox.kernel.NativeKernel;
import java.io.File;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The cgroups of one box.
 *
 * @param folders one in each hierarchy, or two: what is in another before that
 */
public record BoxCgroup(List<String> folders) {
    /** What is looked at of a box: it may make as many cgroups as it likes. */
    private static final String TASKS = "tasks";

    private static final int MOST = 10_000;

    private static final String LEAF = "/.jbox";
    private static final int LEAVES = 8;
    /** How long one attempt to remove what a box has made may take. */
    private static final long END_MILLIS = 10_000;

    private static final int RETRIES = 100;
    private static final long RETRY_MILLIS = 5;

    /** What it needs, in bytes; -1 where nobody counts. */
    public record Memory(long ram, long swap) {}

    private static boolean has(String folder, String file) {
        return new File(folder, file).exists();
    }

    /** Whether the box can be frozen. */
    public boolean canFreeze() {
        for (String folder : folders) {
            if (has(folder, "cgroup.freeze") || has(folder, "freezer.state")) {
                return true;
            }
        }
        return false;
    }

    /** Whether it is frozen, or was asked to. */
    public boolean isFrozen() {
        for (String folder : folders) {
            if (CgroupFile.read(folder + "/cgroup.freeze").startsWith("1")
                    || CgroupFile.read(folder + "/freezer.state").startsWith("FR")) {
                return true;
            }
        }
        return false;
    }

    /** Whether every process of it stands still. */
    public boolean isStandingStill() {
        for (String folder : folders) {
            if (CgroupFile.read(folder + "/cgroup.events").contains("frozen 1")
                    || CgroupFile.read(folder + "/freezer.state").startsWith("FROZEN")) {
                return true;
            }
        }
        return false;
    }

    /** Asks the kernel to freeze or thaw it; returns whether it could be asked. */
    public boolean freeze(boolean freeze) {
        for (String folder : folders) {
            if (has(folder, "cgroup.freeze")) {
                return CgroupFile.write(folder + "/cgroup.freeze", freeze ? "1" : "0");
            } else if (has(folder, "freezer.state")) {
                return CgroupFile.write(folder + "/freezer.state", freeze ? "FROZEN" : "THAWED");
            }
        }
        return false;
    }

    /** A file that the kernel notifies of changes (POLLPRI) when the box comes to stand still; null in version 1. */
    public @org.jspecify.annotations.Nullable String eventsFile() {
        for (String folder : folders) {
            if (has(folder, "cgroup.events")) {
                return folder + "/cgroup.events";
            }
        }
        return null;
    }

    public Memory memory() {
        for (String folder : folders) {
            if (has(folder, "memory.current")) {
                return new Memory(
                        CgroupFile.readNumber(folder + "/memory.current"),
                        CgroupFile.readNumber(folder + "/memory.swap.current"));
            } else if (has(folder, "memory.usage_in_bytes")) {
                long ram = CgroupFile.readNumber(folder + "/memory.usage_in_bytes");
                long both = CgroupFile.readNumber(folder + "/memory.memsw.usage_in_bytes");
                return new Memory(ram, both < 0 ? -1 : Math.max(0, both - ram));
            }
        }
        return new Memory(-1, -1);
    }

    /** How many of its processes the kernel has killed because its memory was used up. */
    public long oomKills() {
        for (String folder : folders) {
            for (String file : List.of("/memory.events", "/memory.oom_control")) {
                for (String line : CgroupFile.read(folder + file).split("\n")) {
                    if (line.startsWith("oom_kill ")) {
                        return Long.parseLong(
                                line.substring("oom_kill ".length()).trim());
                    }
                }
            }
        }
        return 0;
    }

    /** Processor time used, in microseconds; -1 where nobody counts. */
    public long cpuMicros() {
        for (String folder : folders) {
            for (String line : CgroupFile.read(folder + "/cpu.stat").split("\n")) {
                if (line.startsWith("usage_usec ")) {
                    return Long.parseLong(line.substring("usage_usec ".length()).trim());
                }
            }
        }
        return -1;
    }

    /** The processes in it and in what the box has made below, by their ids on the host; at most {@value #MOST}. */
    public List<Integer> processes() {
        Set<Integer> processes = new LinkedHashSet<>();
        Deque<File> todo = new ArrayDeque<>();
        for (String folder : folders) {
            todo.add(new File(folder));
        }
        for (int looked = 0; looked < MOST && !todo.isEmpty(); looked++) {
            File folder = todo.remove();
            for (String line : CgroupFile.read(folder + "/cgroup.procs").split("\n")) {
                if (!line.isEmpty() && !line.equals("0") && processes.size() < MOST) {
                    processes.add(Integer.valueOf(line));
                }
            }
            File[] below = folder.listFiles(File::isDirectory);
            if (below != null && todo.size() + below.length < MOST) {
                todo.addAll(List.of(below));
            }
        }
        return new ArrayList<>(processes);
    }

    /** The files that a process enters those of version 1 by: it writes 0, which is itself. */
    public List<String> tasks() {
        List<String> tasks = new ArrayList<>();
        for (String folder : folders) {
            if (has(folder, TASKS)) {
                tasks.add(folder + "/" + TASKS);
            }
        }
        return tasks;
    }

    /** Moves a process into those of version 2 that have processes; returns whether all could be entered. */
    public boolean enter(long pid) {
        boolean all = true;
        for (String folder : folders) {
            if (has(folder, TASKS)) {
                continue;
            }
            if (folders.stream().anyMatch(other -> other.startsWith(folder + "/"))) {
                // Processes are in the other alone (cgroups(7), "no internal processes").
                continue;
            }
            all &= enter(folder, Long.toString(pid));
        }
        return all;
    }

    /**
     * A cgroup of version 2 that has handed controllers down takes no processes itself (cgroups(7), "no internal processes"),
     * as that of a box with systemd: a leaf of its own then, and another one where the box has made that one unenterable.
     */
    private static boolean enter(String folder, String pid) {
        if (CgroupFile.write(folder + "/cgroup.procs", pid)) {
            return true;
        }
        for (int i = 0; i < LEAVES; i++) {
            String leaf = folder + LEAF + (i == 0 ? "" : "-" + i);
            File made = new File(leaf);
            if ((made.mkdir() || made.isDirectory()) && CgroupFile.write(leaf + "/cgroup.procs", pid)) {
                return true;
            }
        }
        return false;
    }

    /** Ends whatever is still in it: all at once where the kernel can (cgroup.kill, Linux 5.14). */
    public boolean killAll() {
        for (String folder : folders) {
            if (has(folder, "cgroup.kill")) {
                return CgroupFile.write(folder + "/cgroup.kill", "1");
            }
        }
        return false;
    }

    /** Removes the folders, also those that the box has made below; returns whether none is left. */
    public boolean remove() {
        boolean gone = true;
        for (String folder : folders) {
            gone &= remove(new File(folder));
        }
        return gone;
    }

    /** The same for a box that has just ended: its processes may take a moment to leave. */
    public void removePatiently() {
        for (int i = 0; i < RETRIES && !remove(); i++) {
            try {
                Thread.sleep(RETRY_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /**
     * Removes those of commands of {@code run} that were killed before they could.
     *
     * @param hierarchies where they may be
     */
    public static void removeForgotten(List<HostFacts.Hierarchy> hierarchies) {
        for (HostFacts.Hierarchy hierarchy : hierarchies) {
            String[] names = new File(hierarchy.path(), HostFacts.Hierarchy.PARENT).list();
            for (String name : names == null ? new String[0] : names) {
                String pid = CommandName.pid(name);
                if (!pid.isEmpty() && !new File("/proc/" + pid).exists()) {
                    remove(new File(hierarchy.cgroup(name)));
                }
            }
        }
    }

    /**
     * Without recursion, and one level at a time by descriptor: a box may nest its cgroups deeper than a path is long, or than
     * a stack is.
     */
    private static boolean remove(File folder) {
        if (folder.delete() || !folder.exists()) {
            return true;
        }
        try (CgroupTree tree = CgroupTree.open(NativeKernel.open(), folder.getPath())) {
            if (tree != null) {
                tree.removeBelow(END_MILLIS);
            }
        }
        return folder.delete() || !folder.exists();
    }
}
