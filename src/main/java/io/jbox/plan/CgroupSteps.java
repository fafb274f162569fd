package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;

import io.jbox.config.Config;
import io.jbox.config.DeviceRule;
import io.jbox.config.IdMapping;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Steps for the box's cgroups and their limits. They exist before the first process, which enters them before anything
 * else.
 */
final class CgroupSteps {
    private static final List<String> USUAL = List.of("cpu", "memory", "pids");
    /**
     * The least limits.memory. Measured with Linux 6.18: below 384 KiB the kernel kills the box's first process, and at
     * 64 KiB jbox with it, as they share their memory until execve; with 1 MiB busybox init is killed as soon as it has
     * a child.
     */
    private static final long LEAST_MEMORY = 2 << 20;

    /**
     * The maximum depth of cgroups in the box. systemd needs less than ten levels, and less than a thousand cgroups.
     */
    private static final String MOST_DEEP = "64";

    private static final String MOST_BELOW = "4096";

    /** The period in microseconds; limits give processor time in thousandths of it. */
    private static final long CPU_PERIOD = 100_000;

    private final Config config;
    private final HostFacts facts;
    private final Launch launch;

    CgroupSteps(Config config, Launch launch, HostFacts facts) {
        this.config = config;
        this.launch = launch;
        this.facts = facts;
    }

    void make(List<Step> steps) {
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            String parent = hierarchy.path() + "/" + HostFacts.Hierarchy.PARENT;
            Step.Draft step = Step.by(Actor.JBOX, "make the cgroup below \"" + hierarchy.path() + "\"", Place.DEFAULT)
                    .tolerate("mkdirat", cwd(), text(parent), Arg.mode(0755));
            if (hierarchy.unified() && !handed(hierarchy).isEmpty()) {
                delegate(step, hierarchy, hierarchy.path(), "root-control");
                delegate(step, hierarchy, parent, "parent-control");
            }
            initialise(step, hierarchy, parent, "parent-");
            step.call("mkdirat", cwd(), text(cgroup(hierarchy)), Arg.mode(0755))
                    .hint("mkdirat", "EEXIST", "it still contains processes of an earlier box of that name");
            if (hierarchy.unified() && Grants.hasInner(config, facts)) {
                // The limits cover everything in the cgroup, even if it delegates no controllers.
                if (!handed(hierarchy).isEmpty()) {
                    delegate(step, hierarchy, cgroup(hierarchy), "box-control");
                }
                step.call("mkdirat", cwd(), text(innermost(hierarchy)), Arg.mode(0755));
            }
            initialise(step, hierarchy, cgroup(hierarchy), "");
            if (hierarchy.unified()) {
                step.open(
                        Descriptors.CGROUP,
                        "openat",
                        cwd(),
                        text(innermost(hierarchy)),
                        flags("O_RDONLY", "O_DIRECTORY", "O_CLOEXEC"));
            }
            steps.add(step.build());
        }
        limits(steps);
        devices(steps);
        delegateToBox(steps);
        openTasks(steps);
    }

    /**
     * Whether the box is in a cgroup below the one with its limits. An unprivileged user's cgroups belong to the box's
     * root, who could change the limits that it sees. It sees nothing above the root of its cgroup namespace
     * (cgroup_namespaces(7)).
     */

    /** The descriptors needed by the process that makes the first process. */
    List<Descriptor> forClone() {
        return isUnified(facts) ? List.of(Descriptors.CGROUP) : List.of();
    }

    /** Whether the first process is created directly in the box's version 2 cgroup. */
    static boolean isUnified(HostFacts facts) {
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            if (hierarchy.unified()) {
                return true;
            }
        }
        return false;
    }

    /** Sets which devices may be used: by a program in version 2 (bpf(2)), by files in version 1. */
    private void devices(List<Step> steps) {
        Config.Devices devices = config.devices();
        HostFacts.Hierarchy old = find("devices");
        DevicePolicy policy = new DevicePolicy(config);
        if (facts.isOrdinary() || old == null && !isUnified(facts)) {
            if (!devices.place().isDefault()) {
                throw new JboxException(new Problem(
                        "cgroup.devices: jbox has no cgroup to set this for",
                        devices.place(),
                        facts.isOrdinary() ? "without root a box gets only the usual devices" : "jbox check"));
            }
        } else if (isUnified(facts)) {
            steps.add(program(policy, devices.place()));
        } else if (old != null) {
            steps.add(write(old, "devices.deny", "a", devices.place()));
            for (DeviceRule rule : policy.allowed()) {
                steps.add(write(old, "devices.allow", rule.toString(), devices.place()));
            }
            for (DeviceRule rule : policy.denied()) {
                refuseUnlessExact(rule, policy, devices.place());
                steps.add(write(old, "devices.deny", rule.toString(), devices.place()));
            }
        }
    }

    /** Version 1 revokes only rules with exactly the same numbers (devices.rst). */
    private static void refuseUnlessExact(DeviceRule denied, DevicePolicy policy, Place place) {
        for (DeviceRule allowed : policy.allowed()) {
            if (denied.overlaps(allowed) && !denied.isAboutSameAs(allowed)) {
                throw new JboxException(new Problem(
                        "cgroup.devices.deny: \"" + denied + "\": cgroups of version 1 cannot take that from \""
                                + allowed + "\"",
                        place,
                        "deny a, and allow the others"));
            }
        }
    }

    /** A program that denies what no rule allows. The kernel keeps it as long as the cgroup. */
    private Step program(DevicePolicy policy, Place place) {
        Descriptor program = new Descriptor("device-program");
        Arg.Code code = new Arg.Code(policy, DeviceProgram.of(policy));
        Step.Draft step = BpfAssembler.load(
                        Step.by(Actor.JBOX, "set the device policy", place),
                        "BPF_PROG_TYPE_CGROUP_DEVICE",
                        code,
                        program)
                .call(
                        "bpf",
                        flags("BPF_PROG_ATTACH"),
                        struct(
                                new Arg.Field("target_fd", 4, fd(Descriptors.CGROUP)),
                                new Arg.Field("attach_bpf_fd", 4, fd(program)),
                                new Arg.Field("attach_type", 4, flags("BPF_CGROUP_DEVICE")),
                                // Cgroups below may have programs too; all of them must allow the access.
                                new Arg.Field("attach_flags", 4, flags("BPF_F_ALLOW_MULTI"))),
                        number(16));
        if (config.hasUserNamespace() && place.isDefault()) {
            // This is only a second defence: the box can neither make a device node nor open one of its own.
            step.optional();
        }
        return step.hint("bpf", "EPERM", "jbox has no CAP_BPF, or a cgroup above allows no other program")
                .hint("bpf", "ENOSYS", "this kernel has no CONFIG_BPF_SYSCALL")
                .hint("bpf", "EINVAL", "this kernel has no CONFIG_CGROUP_BPF")
                .build();
    }

    /**
     * Gives the box the files that the root of a delegated cgroup may write (cgroups(7), "Delegation"); none of them
     * sets a limit.
     */
    private void delegateToBox(List<Step> steps) {
        long root = outsideRoot();
        if (!Grants.isDelegated(config) || root == 0) {
            return;
        }
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            if (!hierarchy.unified()) {
                continue;
            }
            steps.add(writeTolerantly(hierarchy, "cgroup.max.depth", MOST_DEEP));
            steps.add(writeTolerantly(hierarchy, "cgroup.max.descendants", MOST_BELOW));
            Step.Draft step = Step.by(
                    Actor.JBOX,
                    "give the cgroup to the box's root",
                    config.mount().auto().get(0).place());
            for (String file : List.of("", "/cgroup.procs", "/cgroup.threads", "/cgroup.subtree_control")) {
                step.call("fchownat", cwd(), text(innermost(hierarchy) + file), number(root), number(root), number(0));
            }
            steps.add(step.build());
        }
    }

    /** The host's user id of the box's root. */
    private long outsideRoot() {
        for (Value<IdMapping> value : config.idmap()) {
            if (value.get().mapsUsers() && value.get().inside() == 0) {
                return value.get().outside();
            }
        }
        return 0;
    }

    /** The cgroup that the box's processes are in. */
    private String innermost(HostFacts.Hierarchy hierarchy) {
        return cgroup(hierarchy) + (Grants.hasInner(config, facts) ? Grants.INNER : "");
    }

    private String cgroup(HostFacts.Hierarchy hierarchy) {
        return hierarchy.cgroup(config.name().get() + facts.suffix());
    }

    /** Enables controllers for the cgroups below. */
    private void delegate(Step.Draft step, HostFacts.Hierarchy hierarchy, String path, String name) {
        String text = "+" + String.join(" +", handed(hierarchy));
        Descriptor control = new Descriptor(name);
        step.open(control, "openat", cwd(), text(path + "/cgroup.subtree_control"), flags("O_WRONLY", "O_CLOEXEC"))
                .tolerate("write", fd(control), text(text), number(text.length()));
    }

    /** The delegated controllers: those that every box has, and those of the files under cgroup2. */
    private List<String> handed(HostFacts.Hierarchy hierarchy) {
        List<String> handed = new ArrayList<>();
        for (String controller : hierarchy.controllers()) {
            boolean asked = false;
            for (String file : config.cgroup2().keySet()) {
                asked |= file.startsWith(controller + ".");
            }
            if (asked || USUAL.contains(controller)) {
                handed.add(controller);
            }
        }
        return handed;
    }

    private void limits(List<Step> steps) {
        Value<Long> memory = config.limits().memory();
        if (memory != null && memory.get() < LEAST_MEMORY) {
            throw new JboxException(
                    new Problem("limits.memory: the limit is too low to start", memory.place(), "the minimum is 2M"));
        }
        if (memory != null) {
            HostFacts.Hierarchy hierarchy = require("memory", "limits.memory", memory.place());
            String file = hierarchy.unified() ? "memory.max" : "memory.limit_in_bytes";
            steps.add(write(hierarchy, file, memory.get().toString(), memory.place()));
        }
        Value<Long> cpus = config.limits().cpus();
        if (cpus != null) {
            HostFacts.Hierarchy hierarchy = require("cpu", "limits.cpus", cpus.place());
            String quota = Long.toString(cpus.get() * CPU_PERIOD / 1000);
            steps.add(
                    hierarchy.unified()
                            ? write(hierarchy, "cpu.max", quota + " " + CPU_PERIOD, cpus.place())
                            : write(hierarchy, "cpu.cfs_quota_us", quota, cpus.place()));
        }
        Value<Long> pids = config.limits().pids();
        if (pids.get() == 1 && launch.command() != null) {
            throw new JboxException(new Problem(
                    "limits.pids: the limit is too low to start",
                    pids.place(),
                    "the minimum is 2: the box's init and the command"));
        }
        // The default asks only for what the host has.
        if (pids.get() > 0 && (!pids.place().isDefault() || find("pids") != null)) {
            steps.add(write(
                    require("pids", "limits.pids", pids.place()),
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
        Map<String, Value<String>> files = unified ? config.cgroup2() : config.cgroup1();
        Map<String, Value<String>> others = unified ? config.cgroup1() : config.cgroup2();
        for (Map.Entry<String, Value<String>> entry : files.entrySet()) {
            String file = entry.getKey();
            Value<String> text = entry.getValue();
            String controller = file.substring(0, file.indexOf('.'));
            String subject = (unified ? "cgroup2: " : "cgroup: ") + file;
            HostFacts.Hierarchy hierarchy = require(controller, subject, text.place());
            if (hierarchy.unified() == unified) {
                refuseTooLow(file, subject, text);
                text.get().lines().forEach(line -> steps.add(write(hierarchy, file, line, text.place())));
            } else if (others.keySet().stream().noneMatch(other -> other.startsWith(controller + "."))) {
                throw new JboxException(new Problem(
                        subject + ": this host has controller " + controller + " in version " + (unified ? "1" : "2"),
                        text.place(),
                        "write its files there as " + (unified ? "\"cgroup\"" : "\"cgroup2\"")
                                + (USUAL.contains(controller) ? ", or use \"limits\", which works with both" : "")));
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

    private static void initialise(Step.Draft step, HostFacts.Hierarchy hierarchy, String path, String prefix) {
        for (Map.Entry<String, String> entry : hierarchy.initial().entrySet()) {
            Descriptor descriptor = new Descriptor(prefix + entry.getKey());
            String text = entry.getValue();
            step.open(descriptor, "openat", cwd(), text(path + "/" + entry.getKey()), flags("O_WRONLY", "O_CLOEXEC"))
                    .call("write", fd(descriptor), text(text), number(text.length()));
        }
    }

    private HostFacts.Hierarchy require(String controller, String subject, Place place) {
        HostFacts.Hierarchy hierarchy = find(controller);
        if (hierarchy == null) {
            throw new JboxException(new Problem(
                    subject + ": there is no cgroup with the controller " + controller + " that jbox may use",
                    place,
                    "see \"jbox check\""));
        }
        return hierarchy;
    }

    private HostFacts.@Nullable Hierarchy find(String controller) {
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            if (hierarchy.controllers().contains(controller)) {
                return hierarchy;
            }
        }
        return null;
    }

    /** The kernel memory used by cgroups is not charged to the box. */
    private Step writeTolerantly(HostFacts.Hierarchy hierarchy, String file, String value) {
        return draft(hierarchy, file, value, Place.DEFAULT).optional().build();
    }

    private Step write(HostFacts.Hierarchy hierarchy, String file, String value, Place place) {
        return draft(hierarchy, file, value, place).build();
    }

    private Step.Draft draft(HostFacts.Hierarchy hierarchy, String file, String value, Place place) {
        Descriptor descriptor = new Descriptor(file);
        return Step.by(Actor.JBOX, "set " + file + " to \"" + value + "\"", place)
                .open(descriptor, "openat", cwd(), text(cgroup(hierarchy) + "/" + file), flags("O_WRONLY", "O_CLOEXEC"))
                .call("write", fd(descriptor), text(value), number(value.length()))
                .hint("openat", "ENOENT", "this kernel has no such file")
                .hint("write", "EINVAL", "the kernel refuses this value");
    }

    /**
     * Opens the files through which the first process enters its version 1 cgroups; it is created in its version 2
     * cgroup. It writes 0, which means itself, to {@code tasks}: to move another process, or all threads of one, the
     * kernel stops all forks of the host, and waits for all of its RCU readers.
     */
    private void openTasks(List<Step> steps) {
        int number = 0;
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            if (!hierarchy.unified()) {
                steps.add(Step.by(Actor.JBOX, "open cgroup \"" + cgroup(hierarchy) + "\" for entering", Place.DEFAULT)
                        .open(
                                Descriptors.tasks(number++),
                                "openat",
                                cwd(),
                                text(cgroup(hierarchy) + "/tasks"),
                                flags("O_WRONLY", "O_CLOEXEC"))
                        .build());
            }
        }
    }

    /** The descriptors that the first process needs to enter its cgroups. */
    List<Descriptor> tasks() {
        List<Descriptor> tasks = new ArrayList<>();
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            if (!hierarchy.unified()) {
                tasks.add(Descriptors.tasks(tasks.size()));
            }
        }
        return tasks;
    }

    /** Moves the first process into its cgroups before it does anything else. */
    void enter(List<Step> steps) {
        enter(Actor.INIT, tasks(), steps);
    }

    static void enter(Actor actor, List<Descriptor> tasks, List<Step> steps) {
        if (tasks.isEmpty()) {
            return;
        }
        Step.Draft step = Step.by(actor, "enter the box's cgroups", Place.DEFAULT);
        for (Descriptor file : tasks) {
            step.call("write", fd(file), text("0"), number(1)).call("close", fd(file));
        }
        steps.add(step.hint("write", "ENODEV", "the cgroup was removed").build());
    }
}
