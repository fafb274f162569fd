package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.Caller;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Memory;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.List;

/**
 * Plans {@code netns exec}: executes a program in a named network namespace, in place of this process, with a mount
 * namespace whose /sys shows that network, and with the files of /etc/netns/NAME over those of /etc. Or in each of
 * several namespaces, one after the other, ignoring its exit codes.
 */
public final class NetworkExecPlanner {
    /** The exit code of ip(8) if there is no such network namespace. */
    public static final int BAD_NAME = 255;

    private static final String SYS = "/sys";
    private static final Arg.Cell UNMOUNTED = new Arg.Cell("unmounted", 8);
    private static final Arg.Cell PROGRAM = new Arg.Cell("program", 8);

    private final Caller caller;
    private final List<NamedNetwork> networks;
    private final boolean readOnlySys;
    private final List<String> words;
    private final ToolSteps tool;

    /**
     * An open network namespace.
     *
     * @param files those of /etc/netns/NAME that also exist in /etc
     */
    public record NamedNetwork(String name, List<String> files) {
        public Descriptor descriptor() {
            return new Descriptor("network " + name);
        }
    }

    /**
     * @param readOnlySys whether the caller's /sys is read-only, so that a new one must be, too
     * @param words the program and its arguments
     */
    public NetworkExecPlanner(Caller caller, List<NamedNetwork> networks, boolean readOnlySys, List<String> words) {
        this.caller = caller;
        this.networks = List.copyOf(networks);
        this.readOnlySys = readOnlySys;
        this.words = words;
        this.tool = new ToolSteps("netns", caller);
    }

    /**
     * Plans the program in one network namespace.
     *
     * @param arguments as ps shows them
     */
    public Plan plan(List<String> arguments) {
        return plan(arguments, execute());
    }

    /** @param execution the last step */
    Plan plan(List<String> arguments, Step execution) {
        Plan.Draft plan = draft(arguments);
        plan.at(Phase.LIVE).addAll(enter(networks.get(0), execution));
        return plan.build();
    }

    /**
     * Opens a network for a compiled program, which gives up if there is none, or if /sys has changed.
     *
     * @param file path of its name
     */
    static Step open(NamedNetwork network, String file, boolean readOnlySys) {
        Call writable = Call.may(FACCESSAT, Arg.cwd(), text(SYS + "/class"), new Arg.Named("W_OK", 2));
        return Step.by(Actor.JBOX, "open the network namespace", Place.DEFAULT)
                .add(Branch.when(writable, readOnlySys ? Sign.ZERO : Sign.NEGATIVE, Words.changed()))
                .open(
                        network.descriptor(),
                        OPENAT,
                        Arg.cwd(),
                        text(file),
                        flags(O_RDONLY, O_NONBLOCK, O_NOCTTY, O_CLOEXEC))
                .build();
    }

    private Step execute() {
        return ToolSteps.execute(words, caller.environment(), ToolSteps.FAILED);
    }

    /**
     * Plans the program in each network namespace, in a child.
     *
     * @param arguments as ps shows them
     */
    public Plan planEach(List<String> arguments) {
        Plan.Draft plan = draft(arguments);
        List<Step> steps = plan.at(Phase.LIVE);
        for (NamedNetwork network : networks) {
            steps.add(ToolSteps.step("print the name of the network")
                    .add(ToolSteps.print("\nnetns: " + network.name() + "\n"))
                    .build());
            steps.add(WaitSteps.fork("fork", PROGRAM, List.<Statement>copyOf(enter(network, execute())))
                    .add(WaitSteps.waitFor(PROGRAM, Arg.nothing()))
                    .build());
        }
        steps.add(ToolSteps.step("end").add(ToolSteps.exit(0)).build());
        return plan.build();
    }

    private Plan.Draft draft(List<String> arguments) {
        List<Descriptor> given = new ArrayList<>();
        for (NamedNetwork network : networks) {
            given.add(network.descriptor());
        }
        Plan.Draft plan = new Plan.Draft("netns");
        tool.become(plan, arguments, given);
        plan.at(Phase.LIVE).add(tool.begin(given));
        return plan;
    }

    private List<Step> enter(NamedNetwork network, Step execution) {
        String root = "this needs root";
        String name = network.name();
        List<Step> steps = new ArrayList<>();
        steps.add(ToolSteps.step("enter \"" + name + "\"")
                .code(BAD_NAME)
                .call(SETNS, fd(network.descriptor()), flags(CLONE_NEWNET))
                .hint(null, Errno.EPERM, root)
                .build());
        steps.add(ToolSteps.step("a new mount namespace")
                .code(BAD_NAME)
                .call(UNSHARE, flags(CLONE_NEWNS))
                .hint(null, Errno.EPERM, root)
                .build());
        steps.add(ToolSteps.step("mount none on /")
                .call(MOUNT, text("none"), text("/"), text("none"), flags(MS_SLAVE, MS_REC), Arg.nothing())
                .build());
        // If the old one cannot be unmounted, as in a container, the new one may not permit more.
        steps.add(ToolSteps.step("mount " + name + " on " + SYS)
                .add(
                        Call.may(UMOUNT2, text(SYS), flags(MNT_DETACH)).into(UNMOUNTED),
                        Branch.when(
                                Memory.compare(UNMOUNTED, 0, Integer.BYTES),
                                Sign.POSITIVE,
                                sys(name, readOnlySys ? flags(MS_RDONLY) : number(0))),
                        Branch.when(Memory.compare(UNMOUNTED, 0, Integer.BYTES), Sign.ZERO, sys(name, number(0))))
                .build());
        for (String file : network.files()) {
            String source = "/etc/netns/" + name + "/" + file;
            // As in ip(8), the program runs even if a file cannot be mounted.
            steps.add(ToolSteps.step("mount " + source + " on /etc/" + file)
                    .add(
                            MOUNT,
                            Call.Outcome.SAY_FAILURE,
                            null,
                            text(source),
                            text("/etc/" + file),
                            text("none"),
                            flags(MS_BIND),
                            Arg.nothing())
                    .build());
        }
        steps.add(execution);
        return steps;
    }

    private static Call sys(String name, Arg flags) {
        return Call.must(MOUNT, text(name), text(SYS), text("sysfs"), flags, Arg.nothing());
    }
}
