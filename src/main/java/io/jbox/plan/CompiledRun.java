package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.program.DataArg.mode;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.facts.KnownCommand;
import io.jbox.facts.Launch;
import io.jbox.facts.LaunchFacts;
import io.jbox.facts.RunSlot;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Sign;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Plans {@code jbox run} as a program that needs no JVM. It has a slot with ids, addresses and cgroups of its own,
 * which only one command uses at a time. If the slot is taken, the program executes that of the next slot, if there is
 * one.
 */
public final class CompiledRun {
    private static final Arg.ValueOf INIT = new Arg.ValueOf(Descriptors.CHILD_PID, 0, Integer.BYTES);
    private static final Arg PIDFD = new Arg.ValueOf(Descriptors.CHILD_PIDFD, 0, Integer.BYTES);
    private static final Descriptor LOCK = new Descriptor("slot-lock");
    private final Config config;
    private final Plan plan;
    private final List<Launch.Stream> streams;
    private final RunSlot slot;
    private final LaunchChecks checks;
    private final CompiledNetwork network;
    private final KnownCommand command;
    private final @Nullable OwnFilesSteps ownFiles;

    /**
     * @param config of the box
     * @param plan of a run of any command, with the slot's ids, addresses and cgroups
     * @throws NotCompiledException if the plan has an effect that needs jbox
     */
    public CompiledRun(
            Config config,
            Plan plan,
            List<Launch.Stream> streams,
            LaunchFacts facts,
            RunSlot slot,
            KnownCommand command)
            throws NotCompiledException {
        this.config = config;
        this.plan = plan;
        this.streams = List.copyOf(streams);
        this.slot = slot;
        this.checks = new LaunchChecks(facts, command.validity());
        this.network = new CompiledNetwork(config.net());
        this.command = command;
        this.ownFiles = slot.ownFiles() == null ? null : new OwnFilesSteps(slot.ownFiles());
        LaunchChecks.refuse(plan, CompiledEffects.OF_RUN);
    }

    /** The plan of the launch itself. */
    public Plan plan() {
        return plan;
    }

    /** The command line that the program is for. */
    public KnownCommand command() {
        return command;
    }

    /** Checks that everything is unchanged, and takes the slot. */
    public List<Step> begin() {
        List<Step> steps = new ArrayList<>();
        // With an image instead of a box, the words end with the two dashes.
        CompiledSteps.begin(
                command.words(), ownFiles == null ? Words.Follows.COMMAND : Words.Follows.PROGRAM, true, steps);
        CompiledSteps.signals(steps);
        StreamSteps.check(streams, steps);
        checks.look(steps);
        take(steps);
        steps.add(clearCgroups());
        if (ownFiles != null) {
            steps.add(ownFiles.take());
        }
        network.makeNames(steps);
        steps.addAll(new CompiledEffects(checks, "").in(plan.steps(Phase.PREPARE)));
        return steps;
    }

    /**
     * A process that changes a book may reassign the ids and addresses of a slot whose lock is free. So this locks the
     * book while it takes the slot's lock and checks the slot's lines.
     */
    private void take(List<Step> steps) {
        checks.lockBooks(steps);
        Arg next = text(slot.nextProgram());
        steps.add(Step.by(Actor.JBOX, "take the slot", Place.DEFAULT)
                .open(LOCK, OPENAT, cwd(), text(slot.lock()), flags(O_RDWR, O_CREAT, O_NOFOLLOW, O_CLOEXEC), mode(0600))
                .add(Branch.when(
                        Call.may(FLOCK, fd(LOCK), flags(LOCK_EX, LOCK_NB)),
                        Sign.NEGATIVE,
                        Call.may(
                                OPENAT,
                                cwd(),
                                text(slot.nextWanted()),
                                flags(O_RDONLY, O_CREAT, O_NOFOLLOW, O_CLOEXEC),
                                mode(0600)),
                        // The next program blocks signals itself.
                        Call.may(RT_SIGPROCMASK, flags(SIG_SETMASK), CompiledSteps.MASK, Arg.nothing(), number(8)),
                        Call.may(EXECVE, next, new Arg.ValueOf(Words.ARGV), new Arg.ValueOf(Words.ENVP)),
                        Words.changed()))
                .build());
        checks.lines(steps);
    }

    /** Removes the cgroups of a killed command. */
    private Step clearCgroups() {
        Step.Draft step = Step.by(Actor.JBOX, "remove the cgroups of an earlier command", Place.DEFAULT);
        for (String cgroup : slot.cgroups()) {
            step.tolerate(UNLINKAT, cwd(), text(cgroup), flags(AT_REMOVEDIR));
        }
        return step.build();
    }

    /** What the first process does. */
    public List<Step> init() {
        return StreamSteps.withNull(config, plan.steps(Phase.INIT));
    }

    /** Makes the first process. */
    public List<Step> make() {
        return plan.steps(Phase.MAKE);
    }

    /** Closes descriptors that only the box uses, so that jbox sees their end. */
    public List<Step> made() {
        List<Step> steps = new ArrayList<>(plan.steps(Phase.LEAVE));
        StreamSteps.leave(streams, steps);
        return steps;
    }

    /** Sets up the box from outside, releases the command, and stays until it has ended. */
    public List<Step> attend() {
        List<Step> steps = new ArrayList<>(network.in(new InitPaths(INIT).in(plan.steps(Phase.CONNECT))));
        AttendSteps attend = new AttendSteps(streams, PIDFD, INIT);
        attend.carry(steps);
        steps.addAll(plan.steps(Phase.RELEASE));
        attend.awaitExecution(steps);
        attend.forward(Descriptors.CHILD_PID, steps);
        attend.drain(steps);
        new CgroupEndSteps(plan.box(), slot.cgroups()).add(steps);
        if (ownFiles != null) {
            steps.add(ownFiles.removeAll());
        }
        attend.end(command.launcher(), steps);
        return steps;
    }
}
