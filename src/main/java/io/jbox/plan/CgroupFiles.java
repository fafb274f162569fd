package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.facts.HostFacts;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.program.Actor;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The box's cgroups by path, and the steps that set their files. */
final class CgroupFiles {
    /** The controllers that every box has. */
    static final List<String> USUAL = List.of("cpu", "memory", "pids");

    private final Config config;
    private final HostFacts facts;

    CgroupFiles(Config config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
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

    /** The cgroup with the box's limits. */
    String cgroup(HostFacts.Hierarchy hierarchy) {
        return hierarchy.cgroup(config.name().get() + facts.suffix());
    }

    /** The cgroup that the box's processes are in. */
    String innermost(HostFacts.Hierarchy hierarchy) {
        return cgroup(hierarchy) + (Grants.hasInner(config, facts) ? Grants.INNER : "");
    }

    /** The hierarchy with a controller that the configuration asks for. */
    HostFacts.Hierarchy require(String controller, String subject, Place place) {
        HostFacts.Hierarchy hierarchy = find(controller);
        if (hierarchy == null) {
            throw new JboxException(new Problem(
                    subject + ": there is no cgroup with the controller " + controller + " that jbox may use",
                    place,
                    "see \"jbox check\""));
        }
        return hierarchy;
    }

    /** The hierarchy with a controller; null if boxes cannot use it here. */
    HostFacts.@Nullable Hierarchy find(String controller) {
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            if (hierarchy.controllers().contains(controller)) {
                return hierarchy;
            }
        }
        return null;
    }

    /** Sets a file that the kernel may lack. */
    Step writeTolerantly(HostFacts.Hierarchy hierarchy, String file, String value) {
        return draft(hierarchy, file, value, Place.DEFAULT).optional().build();
    }

    Step write(HostFacts.Hierarchy hierarchy, String file, String value, Place place) {
        return draft(hierarchy, file, value, place).build();
    }

    private Step.Draft draft(HostFacts.Hierarchy hierarchy, String file, String value, Place place) {
        Descriptor descriptor = new Descriptor(file);
        return Step.by(Actor.JBOX, "set " + file + " to \"" + value + "\"", place)
                .open(descriptor, OPENAT, cwd(), text(cgroup(hierarchy) + "/" + file), flags(O_WRONLY, O_CLOEXEC))
                .call(WRITE, fd(descriptor), text(value), number(value.length()))
                .hint(OPENAT, Errno.ENOENT, "this kernel has no such file")
                .hint(WRITE, Errno.EINVAL, "the kernel refuses this value");
    }
}
