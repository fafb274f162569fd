package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Step;

/** Plans how the monitor removes the cgroups of a box that has ended. */
final class CgroupRemoval {
    /** The number of cgroups that could not be removed. */
    static final Arg.Cell LEFT = new Arg.Cell("left", 8);

    private static final Arg.Cell COUNTERS = new Arg.Cell("counters", 512);
    private static final Arg.Cell COUNTED = new Arg.Cell("counted", 8);

    private final String counters;

    /** @param counters the file that keeps the counters of a removed cgroup */
    CgroupRemoval(String counters) {
        this.counters = counters;
    }

    /** Kills and removes a cgroup: processes that joined the box without its PID namespace may still be in it. */
    Step remove(String cgroup) {
        Step.Draft step = Step.by(Actor.MONITOR, "remove the cgroup \"" + cgroup + "\"", Place.DEFAULT);
        keepCounters(cgroup, "memory.events", step);
        keepCounters(cgroup, "memory.oom_control", step);
        Descriptor kill = new Descriptor("kill");
        return step.add(
                        Branch.when(
                                Call.may(OPENAT, cwd(), text(cgroup + "/cgroup.kill"), flags(O_WRONLY, O_CLOEXEC))
                                        .opens(kill),
                                Sign.NOT_NEGATIVE,
                                Call.may(WRITE, fd(kill), text("1"), number(1))),
                        Branch.when(
                                Call.may(UNLINKAT, cwd(), text(cgroup), flags(AT_REMOVEDIR)),
                                Sign.NEGATIVE,
                                Memory.add(LEFT, 1)))
                .build();
    }

    /**
     * Saves the kernel's counters, which are lost with the cgroup, so that it can be reported later whether the box ran
     * out of memory.
     */
    private void keepCounters(String cgroup, String name, Step.Draft step) {
        Descriptor from = new Descriptor("counts");
        Descriptor to = new Descriptor("kept-counts");
        Call open = Call.may(OPENAT, cwd(), text(cgroup + "/" + name), flags(O_RDONLY, O_CLOEXEC));
        Call read = Call.may(READ, fd(from), COUNTERS, number(COUNTERS.bytes()));
        Call make = Call.may(
                OPENAT,
                cwd(),
                text(counters),
                flags(O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_CLOEXEC),
                DataArg.mode(0600));
        step.add(Branch.when(
                open.opens(from),
                Sign.NOT_NEGATIVE,
                Branch.when(
                        read.into(COUNTED),
                        Sign.NOT_NEGATIVE,
                        Branch.when(
                                make.opens(to),
                                Sign.NOT_NEGATIVE,
                                Call.may(WRITE, fd(to), COUNTERS, new Arg.ValueOf(COUNTED))))));
    }
}
