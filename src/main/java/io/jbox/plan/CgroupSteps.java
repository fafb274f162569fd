package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Steps for the box's cgroups and their limits. They exist before the first process, which enters them before anything
 * else.
 */
final class CgroupSteps {
    /**
     * The maximum depth of cgroups in the box. systemd needs less than ten levels, and less than a thousand cgroups.
     */
    private static final String MOST_DEEP = "64";

    private static final String MOST_BELOW = "4096";

    private final Config config;
    private final HostFacts facts;
    private final Launch launch;
    private final CgroupFiles files;

    CgroupSteps(Config config, Launch launch, HostFacts facts) {
        this.config = config;
        this.launch = launch;
        this.facts = facts;
        this.files = new CgroupFiles(config, facts);
    }

    void make(List<Step> steps) {
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            String parent = hierarchy.path() + "/" + HostFacts.Hierarchy.PARENT;
            Step.Draft step = Step.by(Actor.JBOX, "make the cgroup below \"" + hierarchy.path() + "\"", Place.DEFAULT)
                    .tolerate(MKDIRAT, cwd(), text(parent), DataArg.mode(0755))
                    .undo(Undoing.removeFolder(parent));
            if (hierarchy.unified() && !handed(hierarchy).isEmpty()) {
                delegate(step, hierarchy, hierarchy.path(), "root-control");
                delegate(step, hierarchy, parent, "parent-control");
            }
            initialise(step, hierarchy, parent, "parent-");
            step.call(MKDIRAT, cwd(), text(files.cgroup(hierarchy)), DataArg.mode(0755))
                    .undo(Undoing.removeFolder(files.cgroup(hierarchy)))
                    .hint(MKDIRAT, Errno.EEXIST, "it still contains processes of an earlier box of that name");
            if (hierarchy.unified() && Grants.hasInner(config, facts)) {
                // The limits cover everything in the cgroup, even if it delegates no controllers.
                if (!handed(hierarchy).isEmpty()) {
                    delegate(step, hierarchy, files.cgroup(hierarchy), "box-control");
                }
                step.call(MKDIRAT, cwd(), text(files.innermost(hierarchy)), DataArg.mode(0755))
                        .undo(Undoing.removeFolder(files.innermost(hierarchy)));
            }
            initialise(step, hierarchy, files.cgroup(hierarchy), "");
            if (hierarchy.unified()) {
                step.open(
                        Descriptors.CGROUP,
                        OPENAT,
                        cwd(),
                        text(files.innermost(hierarchy)),
                        flags(O_RDONLY, O_DIRECTORY, O_CLOEXEC));
            }
            steps.add(step.build());
        }
        new LimitSteps(config, launch, files).write(steps);
        new DevicePolicySteps(config, facts, files).set(steps);
        delegateToBox(steps);
        openTasks(steps);
    }

    /** The descriptors needed by the process that makes the first process. */
    List<Descriptor> forClone() {
        return CgroupFiles.isUnified(facts) ? List.of(Descriptors.CGROUP) : List.of();
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
            // The kernel memory used by cgroups is not charged to the box.
            steps.add(files.writeTolerantly(hierarchy, "cgroup.max.depth", MOST_DEEP));
            steps.add(files.writeTolerantly(hierarchy, "cgroup.max.descendants", MOST_BELOW));
            Step.Draft step = Step.by(
                    Actor.JBOX,
                    "give the cgroup to the box's root",
                    config.mount().auto().get(0).place());
            for (String file : List.of("", "/cgroup.procs", "/cgroup.threads", "/cgroup.subtree_control")) {
                step.call(
                        FCHOWNAT,
                        cwd(),
                        text(files.innermost(hierarchy) + file),
                        number(root),
                        number(root),
                        number(0));
            }
            steps.add(step.build());
        }
    }

    /** The host's user id of the box's root. */
    private long outsideRoot() {
        for (Value<IdMapping> value : config.namespaces().idmap()) {
            if (value.get().mapsUsers() && value.get().inside() == 0) {
                return value.get().outside();
            }
        }
        return 0;
    }

    /** Enables controllers for the cgroups below. */
    private void delegate(Step.Draft step, HostFacts.Hierarchy hierarchy, String path, String name) {
        String text = "+" + String.join(" +", handed(hierarchy));
        Descriptor control = new Descriptor(name);
        step.open(control, OPENAT, cwd(), text(path + "/cgroup.subtree_control"), flags(O_WRONLY, O_CLOEXEC))
                .tolerate(WRITE, fd(control), text(text), number(text.length()));
    }

    /** The delegated controllers: those that every box has, and those of the files under cgroup2. */
    private List<String> handed(HostFacts.Hierarchy hierarchy) {
        List<String> handed = new ArrayList<>();
        for (String controller : hierarchy.controllers()) {
            boolean asked = false;
            for (String file : config.resources().cgroup2().keySet()) {
                asked |= file.startsWith(controller + ".");
            }
            if (asked || CgroupFiles.USUAL.contains(controller)) {
                handed.add(controller);
            }
        }
        return handed;
    }

    private static void initialise(Step.Draft step, HostFacts.Hierarchy hierarchy, String path, String prefix) {
        for (Map.Entry<String, String> entry : hierarchy.initial().entrySet()) {
            Descriptor descriptor = new Descriptor(prefix + entry.getKey());
            String text = entry.getValue();
            step.open(descriptor, OPENAT, cwd(), text(path + "/" + entry.getKey()), flags(O_WRONLY, O_CLOEXEC))
                    .call(WRITE, fd(descriptor), text(text), number(text.length()));
        }
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
                steps.add(Step.by(
                                Actor.JBOX,
                                "open cgroup \"" + files.cgroup(hierarchy) + "\" for entering",
                                Place.DEFAULT)
                        .open(
                                Descriptors.tasks(number++),
                                OPENAT,
                                cwd(),
                                text(files.cgroup(hierarchy) + "/tasks"),
                                flags(O_WRONLY, O_CLOEXEC))
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
            step.call(WRITE, fd(file), text("0"), number(1)).call(CLOSE, fd(file));
        }
        steps.add(step.hint(WRITE, Errno.ENODEV, "the cgroup was removed").build());
    }
}
