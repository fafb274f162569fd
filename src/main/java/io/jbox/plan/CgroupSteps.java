package io.jbox.plan;

import static io.jbox.plan.Arg.cwd;
import static io.jbox.plan.Arg.fd;
import static io.jbox.plan.Arg.flags;
import static io.jbox.plan.Arg.number;
import static io.jbox.plan.Arg.text;

import io.jbox.config.Config;
import io.jbox.problem.Place;
import java.util.ArrayList;
import java.util.List;

/** The box's own cgroup in each hierarchy that jbox uses (cgroups(7)). */
final class CgroupSteps {
    /** A process id of up to ten digits, and spaces, which the kernel takes off again. */
    private static final int PID_LENGTH = 11;

    private final Config config;
    private final HostFacts facts;

    CgroupSteps(Config config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
    }

    void make(List<Step> steps) {
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            String parent = hierarchy.path() + "/" + HostFacts.Hierarchy.PARENT;
            Step.Draft step = Step.by(Actor.JBOX, "make the cgroup below \"" + hierarchy.path() + "\"", Place.DEFAULT)
                    .tolerate("mkdirat", cwd(), text(parent), Arg.mode(0755));
            if (!hierarchy.delegated().isEmpty()) {
                delegate(step, hierarchy, hierarchy.path(), "root-control");
                delegate(step, hierarchy, parent, "parent-control");
            }
            step.call("mkdirat", cwd(), text(hierarchy.cgroup(config.name().get())), Arg.mode(0755))
                    .hint("mkdirat", "EEXIST", "processes of an earlier box of that name are still in it");
            steps.add(step.build());
        }
    }

    /** Lets the cgroups below have controllers of their own. */
    private static void delegate(Step.Draft step, HostFacts.Hierarchy hierarchy, String path, String name) {
        List<String> words = new ArrayList<>();
        for (String controller : hierarchy.delegated()) {
            words.add("+" + controller);
        }
        String text = String.join(" ", words);
        Descriptor control = new Descriptor(name);
        step.open(control, "openat", cwd(), text(path + "/cgroup.subtree_control"), flags("O_WRONLY", "O_CLOEXEC"))
                .tolerate("write", fd(control), text(text), number(text.length()));
    }

    /** Moves the first process there, before it does anything. */
    void enter(List<Step> steps) {
        int number = 0;
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            String cgroup = hierarchy.cgroup(config.name().get());
            Descriptor procs = new Descriptor("procs" + number++);
            steps.add(Step.by(Actor.JBOX, "move the first process to \"" + cgroup + "\"", Place.DEFAULT)
                    .open(procs, "openat", cwd(), text(cgroup + "/cgroup.procs"), flags("O_WRONLY", "O_CLOEXEC"))
                    .call("write", fd(procs), new Arg.InitPid(PID_LENGTH), number(PID_LENGTH))
                    .hint("write", "ESRCH", "somebody has killed the first process")
                    .hint("openat", "ENOENT", "somebody has removed the cgroup")
                    .build());
        }
    }
}
