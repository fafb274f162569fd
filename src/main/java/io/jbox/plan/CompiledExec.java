package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.HostFacts;
import io.jbox.facts.Join;
import io.jbox.facts.KnownBox;
import io.jbox.facts.KnownCommand;
import io.jbox.facts.KnownTerminal;
import io.jbox.facts.Launch;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Plans {@code jbox exec} as a program that needs no JVM: its checks, the plan of the joiner, and what jbox does while
 * the command runs.
 */
public final class CompiledExec {
    private static final Loop.Label SAID_LOOP = new Loop.Label("said");
    private static final Arg.ValueOf COMMAND = new Arg.ValueOf(Descriptors.MESSAGE, Integer.BYTES, Integer.BYTES);
    private static final Arg.Cell NUMBER = new Arg.Cell("number", 24);
    private static final Arg.Cell LENGTH = new Arg.Cell("number-length", 8);
    private static final Descriptor PROCS = new Descriptor("procs");

    private final Join join;
    private final KnownBox box;
    private final KnownTerminal terminal;
    private final Map<String, @Nullable String> variables;
    private final KnownCommand command;
    private final Plan plan;

    /**
     * @param join without the words of a command
     * @param terminal owner of the command's terminal, if it has one
     * @param variables of the caller that a command with a terminal gets; null for an unset one
     */
    public CompiledExec(
            Join join,
            HostFacts facts,
            KnownBox box,
            KnownTerminal terminal,
            Map<String, @Nullable String> variables,
            KnownCommand command) {
        this.join = join;
        this.terminal = terminal;
        this.variables = variables;
        this.box = box;
        this.command = command;
        this.plan = new JoinPlanner(join, facts).plan();
    }

    /** The plan of the launch itself. */
    public Plan plan() {
        return plan;
    }

    /** The command line that the program is for. */
    public KnownCommand command() {
        return command;
    }

    /** Checks that everything is unchanged, and finds the box. */
    public List<Step> begin() {
        List<Step> steps = new ArrayList<>();
        CompiledSteps.begin(command.words(), Words.Follows.COMMAND, true, steps);
        CompiledSteps.signals(steps);
        StreamSteps.check(join.streams(), steps);
        // In this order: as long as the process found lives, the box's files describe it.
        FindSteps.find(box, steps);
        ValiditySteps.add(command.validity(), steps);
        if (join.streams().get(0) == Launch.Stream.CONSOLE) {
            Words.variables(variables, steps);
            BoxTerminalSteps.open(terminal, steps);
        }
        steps.addAll(plan.steps(Phase.PREPARE));
        return steps;
    }

    /** Makes the joiner. */
    public List<Step> make() {
        return plan.steps(Phase.MAKE);
    }

    /** Receives the command's process id. */
    public List<Step> made() {
        List<Step> steps = new ArrayList<>(plan.steps(Phase.LEAVE));
        StreamSteps.leave(join.streams(), steps);
        Arg joiner = new Arg.ValueOf(Descriptors.CHILD_PIDFD, 0, Integer.BYTES);
        steps.add(Step.by(Actor.JBOX, "watch the joiner until it has made the command", Place.DEFAULT)
                .add(AttendSteps.untilSaid(SAID_LOOP, joiner))
                .build());
        CompiledSteps.hear(plan, steps);
        return steps;
    }

    /** Releases the command, and stays until it has ended. */
    public List<Step> attend() {
        List<Step> steps = new ArrayList<>();
        AttendSteps attend = new AttendSteps(join.streams(), fd(Descriptors.MADE), COMMAND);
        // Everything that can fail comes before the command runs: after giving up, jbox would run it a second time.
        attend.carry(steps);
        if (!join.cgroups().folders().isEmpty()) {
            Step.Draft enter = Step.by(Actor.JBOX, "move the command to the box's cgroup", Place.DEFAULT)
                    .add(Memory.digits(NUMBER, COMMAND).into(LENGTH));
            for (String folder : join.cgroups().folders()) {
                enter.open(PROCS, OPENAT, cwd(), text(folder + "/cgroup.procs"), flags(O_WRONLY, O_CLOEXEC))
                        .call(WRITE, fd(PROCS), NUMBER, new Arg.ValueOf(LENGTH))
                        .call(CLOSE, fd(PROCS));
            }
            steps.add(enter.build());
        }
        steps.addAll(plan.steps(Phase.RELEASE));
        attend.awaitExecution(steps);
        attend.forward(Descriptors.CHILD_PID, steps);
        attend.drain(steps);
        attend.end(command.launcher(), steps);
        return steps;
    }
}
