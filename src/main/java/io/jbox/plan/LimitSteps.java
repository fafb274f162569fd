package io.jbox.plan;

import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.number.Bytes;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.program.Step;
import java.util.List;
import java.util.Map;

/** Writes the limits of the box's memory, processors and processes into its cgroups. */
final class LimitSteps {
    /**
     * The least limits.memory. Measured with Linux 6.18: below 384 KiB the kernel kills the box's first process, and at
     * 64 KiB jbox with it, as they share their memory until execve; with 1 MiB busybox init is killed as soon as it has
     * a child.
     */
    private static final long LEAST_MEMORY = 2 << 20;

    /** The period in microseconds; limits give processor time in thousandths of it. */
    private static final long CPU_PERIOD = 100_000;

    private final Config config;
    private final Launch launch;
    private final CgroupFiles files;

    LimitSteps(Config config, Launch launch, CgroupFiles files) {
        this.config = config;
        this.launch = launch;
        this.files = files;
    }

    /** Writes the limits, then the files of cgroup and cgroup2. */
    void write(List<Step> steps) {
        Value<Bytes> memory = config.resources().limits().memory();
        if (memory != null && memory.get().number() < LEAST_MEMORY) {
            throw new JboxException(
                    new Problem("limits.memory: the limit is too low to start", memory.place(), "the minimum is 2M"));
        }
        if (memory != null) {
            HostFacts.Hierarchy hierarchy = files.require("memory", "limits.memory", memory.place());
            String file = hierarchy.unified() ? "memory.max" : "memory.limit_in_bytes";
            steps.add(files.write(hierarchy, file, memory.get().toString(), memory.place()));
        }
        Value<Long> cpus = config.resources().limits().cpus();
        if (cpus != null) {
            HostFacts.Hierarchy hierarchy = files.require("cpu", "limits.cpus", cpus.place());
            String quota = Long.toString(cpus.get() * CPU_PERIOD / 1000);
            steps.add(
                    hierarchy.unified()
                            ? files.write(hierarchy, "cpu.max", quota + " " + CPU_PERIOD, cpus.place())
                            : files.write(hierarchy, "cpu.cfs_quota_us", quota, cpus.place()));
        }
        Value<Long> pids = config.resources().limits().pids();
        if (pids.get() == 1 && launch.command() != null) {
            throw new JboxException(new Problem(
                    "limits.pids: the limit is too low to start",
                    pids.place(),
                    "the minimum is 2: the box's init and the command"));
        }
        // The default asks only for what the host has.
        if (pids.get() > 0 && (!pids.place().isDefault() || files.find("pids") != null)) {
            steps.add(files.write(
                    files.require("pids", "limits.pids", pids.place()),
                    "pids.max",
                    pids.get().toString(),
                    pids.place()));
        }
        verbatim(false, steps);
        verbatim(true, steps);
    }

    /**
     * Writes the files under cgroup and cgroup2. A configuration for both kinds of host sets a controller's files in
     * both versions; the files of the other version are skipped. If there are only those, a limit would be lost.
     *
     * @param unified whether the files are of version 2
     */
    private void verbatim(boolean unified, List<Step> steps) {
        Map<String, Value<String>> written =
                unified ? config.resources().cgroup2() : config.resources().cgroup1();
        Map<String, Value<String>> others =
                unified ? config.resources().cgroup1() : config.resources().cgroup2();
        for (Map.Entry<String, Value<String>> entry : written.entrySet()) {
            String file = entry.getKey();
            Value<String> text = entry.getValue();
            String controller = file.substring(0, file.indexOf('.'));
            String subject = (unified ? "cgroup2: " : "cgroup: ") + file;
            HostFacts.Hierarchy hierarchy = files.require(controller, subject, text.place());
            if (hierarchy.unified() == unified) {
                refuseTooLow(file, subject, text);
                text.get().lines().forEach(line -> steps.add(files.write(hierarchy, file, line, text.place())));
            } else if (others.keySet().stream().noneMatch(other -> other.startsWith(controller + "."))) {
                throw new JboxException(new Problem(
                        subject + ": this host has controller " + controller + " in version " + (unified ? "1" : "2"),
                        text.place(),
                        "write its files there as " + (unified ? "\"cgroup\"" : "\"cgroup2\"")
                                + (CgroupFiles.USUAL.contains(controller)
                                        ? ", or use \"limits\", which works with both"
                                        : "")));
            }
        }
    }

    /** Refuses a value with which the kernel would kill the launch, as {@code limits} does. */
    private void refuseTooLow(String file, String subject, Value<String> text) {
        boolean memory = file.equals("memory.max") || file.equals("memory.limit_in_bytes");
        boolean pids = file.equals("pids.max") && launch.command() != null;
        long limit = memory || pids ? amount(text.get().strip()) : -1;
        if (limit >= 0 && limit < (memory ? LEAST_MEMORY : 2)) {
            throw new JboxException(new Problem(
                    subject + ": the limit is too low to start",
                    text.place(),
                    "the minimum is " + (memory ? "2M" : "2")));
        }
    }

    /** Reads a number as the kernel does (memparse()); -1 if it is not one. */
    private static long amount(String text) {
        int units = text.isEmpty() ? -1 : "KMG".indexOf(Character.toUpperCase(text.charAt(text.length() - 1)));
        String digits = units < 0 ? text : text.substring(0, text.length() - 1);
        return digits.matches("[0-9]{1,9}") ? Long.parseLong(digits) << 10 * (units + 1) : -1;
    }
}
