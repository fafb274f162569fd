package io.jbox.cgroup;

import io.jbox.config.CommandName;
import io.jbox.facts.HostFacts;
import io.jbox.kernel.NativeKernel;
import io.jbox.number.Pid;
import java.io.File;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Reads and controls the cgroups of one box.
 *
 * @param folders one or two in each hierarchy, parents first
 */
public record BoxCgroup(List<String> folders) {
    private static final String TASKS = "tasks";

    /** The most processes read, since a box may make any number of cgroups. */
    private static final int MOST = 10_000;

    private static final String LEAF = "/.jbox";
    private static final int LEAVES = 8;
    /** The time limit in milliseconds for one attempt to remove the cgroups made by the box. */
    private static final long END_MILLIS = 10_000;

    private static final int RETRIES = 100;
    private static final long RETRY_MILLIS = 5;

    /** Memory in use, in bytes; -1 if not counted. */
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

    /** Whether it is frozen, or freezing was requested. */
    public boolean isFrozen() {
        for (String folder : folders) {
            if (CgroupFile.read(folder + "/cgroup.freeze").startsWith("1")
                    || CgroupFile.read(folder + "/freezer.state").startsWith("FR")) {
                return true;
            }
        }
        return false;
    }

    /** Whether all its processes have stopped. */
    public boolean isStandingStill() {
        for (String folder : folders) {
            if (CgroupFile.read(folder + "/cgroup.events").contains("frozen 1")
                    || CgroupFile.read(folder + "/freezer.state").startsWith("FROZEN")) {
                return true;
            }
        }
        return false;
    }

    /** Asks the kernel to freeze or thaw it; returns whether the request was accepted. */
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

    /** A file on which the kernel signals (POLLPRI) that the box has frozen; null in version 1. */
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

    /** The number of its processes that the kernel killed because it ran out of memory. */
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

    /** Processor time used, in microseconds; -1 if not counted. */
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

    /** The host ids of the processes in it and in cgroups below; at most {@value #MOST}. */
    public List<Pid> processes() {
        Set<Pid> processes = new LinkedHashSet<>();
        Deque<File> todo = new ArrayDeque<>();
        for (String folder : folders) {
            todo.add(new File(folder));
        }
        for (int looked = 0; looked < MOST && !todo.isEmpty(); looked++) {
            File folder = todo.remove();
            for (String line : CgroupFile.read(folder + "/cgroup.procs").split("\n")) {
                if (!line.isEmpty() && !line.equals("0") && processes.size() < MOST) {
                    processes.add(new Pid(Integer.parseInt(line)));
                }
            }
            File[] below = folder.listFiles();
            for (File child : below == null ? new File[0] : below) {
                if (todo.size() < MOST && child.isDirectory()) {
                    todo.add(child);
                }
            }
        }
        return new ArrayList<>(processes);
    }

    /** The files through which a process enters the version 1 cgroups, by writing 0, which means itself. */
    public List<String> tasks() {
        List<String> tasks = new ArrayList<>();
        for (String folder : folders) {
            if (has(folder, TASKS)) {
                tasks.add(folder + "/" + TASKS);
            }
        }
        return tasks;
    }

    private boolean isAboveAnother(String folder) {
        for (String other : folders) {
            if (other.startsWith(folder + "/")) {
                return true;
            }
        }
        return false;
    }

    /** Its version 2 cgroups that have processes: only inner ones do (cgroups(7), "no internal processes"). */
    public List<String> unified() {
        List<String> unified = new ArrayList<>();
        for (String folder : folders) {
            if (!has(folder, TASKS) && !isAboveAnother(folder)) {
                unified.add(folder);
            }
        }
        return unified;
    }

    /** Moves a process into its version 2 cgroups; returns whether that succeeded for all. */
    public boolean enter(long pid) {
        boolean all = true;
        for (String folder : unified()) {
            all &= enter(folder, Long.toString(pid));
        }
        return all;
    }

    /**
     * Moves a process into a version 2 cgroup. One that delegates controllers takes no processes itself (cgroups(7),
     * "no internal processes"), such as that of a box with systemd: then a leaf below is made, and another one if the
     * box has made that one unusable.
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

    /** Kills all processes in it, at once if the kernel can (cgroup.kill, Linux 5.14). */
    public boolean killAll() {
        for (String folder : folders) {
            if (has(folder, "cgroup.kill")) {
                return CgroupFile.write(folder + "/cgroup.kill", "1");
            }
        }
        return false;
    }

    /** Removes the folders, also those made by the box below; returns whether none is left. */
    public boolean remove() {
        boolean gone = true;
        for (String folder : folders) {
            gone &= remove(new File(folder));
        }
        return gone;
    }

    /** The same for a box that has just ended, whose processes may take a moment to exit. */
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
     * Removes the cgroups of {@code run} commands that were killed before they could do it.
     *
     * @param hierarchies to search
     * @param taken tells whether a command uses a slot
     */
    public static void removeForgotten(List<HostFacts.Hierarchy> hierarchies, Predicate<String> taken) {
        for (HostFacts.Hierarchy hierarchy : hierarchies) {
            String[] names = new File(hierarchy.path(), HostFacts.Hierarchy.PARENT).list();
            for (String name : names == null ? new String[0] : names) {
                String pid = CommandName.pid(name);
                boolean forgotten = pid.isEmpty()
                        ? !CommandName.slot(name).isEmpty() && !taken.test(name)
                        : !new File("/proc/" + pid).exists();
                if (forgotten) {
                    remove(new File(hierarchy.cgroup(name)));
                }
            }
        }
    }

    /**
     * Removes a folder without recursion, one level at a time by descriptor: a box may nest its cgroups deeper than the
     * longest path or the stack allows.
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
