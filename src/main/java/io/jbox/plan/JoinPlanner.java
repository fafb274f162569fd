package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Capability;
import io.jbox.config.Limit;
import io.jbox.config.Namespace;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Join;
import io.jbox.facts.Label;
import io.jbox.facts.Launch;
import io.jbox.number.HostUid;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Sign;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Plans {@code jbox exec}: a process that joins a box's namespaces, and the command as its sibling.
 *
 * <pre>
 * jbox                       joiner                       command
 *  clone3 ─────────────────► execveat: a program of its own, undumpable
 *                            setns(pidfd, all at once)
 *                            clone3 ────────────────────► its pid → exec pipe
 *  cgroup                    waits for it                 read(sync)  … waits
 *  write(sync) ─────────────────────────────────────────► capabilities, ids
 *  read(exec): end of file                                execve
 *  read(status) ◄─────────── the command's status; exit
 * </pre>
 *
 * <p>The joiner is executed from sealed memory before it joins, so that a hostile box finds neither jbox's memory nor
 * its binary in it (CVE-2019-5736). It stays, outside of the box's PID namespace, as the command's parent: a box cannot
 * end before all processes that joined it have been waited for, and that must not depend on a jbox that is stopped or
 * waits for a terminal.
 */
public final class JoinPlanner {
    private static final Loop.Label SUPERVISE_LOOP = new Loop.Label("supervise");

    private final Join join;
    private final HostFacts facts;

    public JoinPlanner(Join join, HostFacts facts) {
        this.join = join;
        this.facts = facts;
    }

    /** Plans the steps of jbox, the joiner and the command. */
    public Plan plan() {
        Plan.Draft plan = new Plan.Draft(join.box());
        find(plan.at(Phase.BEGIN));
        List<Step> prepare = plan.at(Phase.PREPARE);
        prepare.add(Step.by(Actor.JBOX, "make the pipes to the joiner", Place.DEFAULT)
                .call(PIPE2, new Arg.Pair(Descriptors.SYNC, Descriptors.SYNC_WRITE), flags(O_CLOEXEC))
                .call(PIPE2, new Arg.Pair(Descriptors.EXEC_READ, Descriptors.EXEC), flags(O_CLOEXEC))
                .call(PIPE2, new Arg.Pair(Descriptors.STATUS_READ, Descriptors.STATUS), flags(O_CLOEXEC))
                .build());
        for (int standard = 0; standard <= 2; standard++) {
            if (join.streams().get(standard) == Launch.Stream.PIPE) {
                prepare.add(ProcessSteps.pipe(
                        standard,
                        facts.isOrdinary() ? HostUid.ROOT : join.user().hostUid()));
            }
        }
        for (int i = 0; i < join.cgroups().tasks().size(); i++) {
            String path = join.cgroups().tasks().get(i);
            prepare.add(Step.by(Actor.JBOX, "open cgroup \"" + path + "\" for entering", Place.DEFAULT)
                    .open(Descriptors.tasks(i), OPENAT, Arg.cwd(), text(path), flags(O_WRONLY, O_CLOEXEC))
                    .hint(OPENAT, Errno.ENOENT, "has the box just ended?")
                    .build());
        }
        plan.at(Phase.ASSEMBLE).add(ProcessSteps.assemble("joiner", Actor.JOINER, Descriptors.IMAGE));
        plan.at(Phase.MAKE)
                .add(CloneSteps.clone(
                                Step.by(Actor.JBOX, "make the joiner", Place.DEFAULT),
                                List.of(CLONE_VM, CLONE_PIDFD, CLONE_PARENT_SETTID, CLONE_CLEAR_SIGHAND),
                                Actor.JOINER)
                        .build());
        become(plan.at(Phase.BECOME));
        joinNamespaces(plan.at(Phase.LIVE));
        ProcessSteps.leave("command", List.of(Descriptors.SYNC, Descriptors.EXEC, Descriptors.STATUS), plan);
        ProcessSteps.hear("command", plan);
        plan.at(Phase.CONNECT)
                .add(Step.by(Actor.JBOX, "move the command to the box's cgroup", Place.DEFAULT)
                        .add(enter())
                        .build());
        plan.at(Phase.RELEASE).add(ProcessSteps.release("let the command continue", "the command was killed"));
        command(plan.at(Phase.COMMAND));
        plan.at(Phase.AWAIT_EXECUTION).add(ProcessSteps.awaitExecution("the command"));
        plan.at(Phase.ATTEND).addAll(ForegroundSteps.of(join.streams()));
        return plan.build();
    }

    private void find(List<Step> steps) {
        steps.add(Step.by(Actor.JBOX, "find the box", Place.DEFAULT)
                .add(new Effect.FindBox(join.box(), new Arg.Pair(Descriptors.TARGET, Descriptors.TARGET_ROOT)))
                .build());
        if (join.streams().contains(Launch.Stream.CONSOLE)) {
            steps.add(Step.by(Actor.JBOX, "open a terminal for the command", Place.DEFAULT)
                    .add(new Effect.OpenTerminal(join.box(), new Arg.Pair(Descriptors.MASTER, Descriptors.CONSOLE)))
                    .build());
        }
    }

    private void become(List<Step> steps) {
        List<Descriptor> kept = new ArrayList<>(List.of(
                Descriptors.SYNC, Descriptors.EXEC, Descriptors.STATUS, Descriptors.TARGET, Descriptors.TARGET_ROOT));
        kept.addAll(tasks());
        List<Descriptor> all = new ArrayList<>(kept);
        all.add(Descriptors.IMAGE);
        if (join.streams().contains(Launch.Stream.CONSOLE)) {
            all.add(Descriptors.CONSOLE);
        }
        for (int standard = 0; standard <= 2; standard++) {
            if (join.streams().get(standard) == Launch.Stream.PIPE) {
                all.add(Descriptors.pipeInside(standard));
            }
        }
        Step.Draft step = Step.by(Actor.JOINER, "become a separate program", Place.DEFAULT)
                .call(PRCTL, flags(PR_SET_PDEATHSIG), flags(SIGKILL))
                .call(CLOSE_RANGE, new Arg.AllBut(all), number(-1), number(0));
        for (Descriptor descriptor : kept) {
            step.call(FCNTL, fd(descriptor), flags(F_SETFD), number(0));
        }
        for (int standard = 0; standard <= 2; standard++) {
            Launch.Stream stream = join.streams().get(standard);
            if (stream == Launch.Stream.CONSOLE) {
                step.call(DUP3, fd(Descriptors.CONSOLE), number(standard), number(0));
            } else if (stream == Launch.Stream.PIPE) {
                step.call(DUP3, fd(Descriptors.pipeInside(standard)), number(standard), number(0));
            } else if (stream == Launch.Stream.SAME) {
                step.call(DUP3, number(1), number(standard), number(0));
            }
        }
        steps.add(step.call(
                        EXECVEAT,
                        fd(Descriptors.IMAGE),
                        text(""),
                        new DataArg.Texts(List.of("jbox-exec")),
                        join.command().isGiven() ? new Arg.ValueOf(Words.HANDED) : new DataArg.Texts(List.of()),
                        flags(AT_EMPTY_PATH))
                .hint(EXECVEAT, Errno.EACCES, "vm.memfd_noexec forbids programs in memory")
                .build());
    }

    /** Enters cgroups of version 2; the command itself enters those of version 1. */
    private Effect enter() {
        return new Effect.EnterCgroup(join.box(), List.copyOf(join.cgroups().folders()));
    }

    private List<Descriptor> tasks() {
        List<Descriptor> tasks = new ArrayList<>();
        for (int i = 0; i < join.cgroups().tasks().size(); i++) {
            tasks.add(Descriptors.tasks(i));
        }
        return tasks;
    }

    private void joinNamespaces(List<Step> steps) {
        Step.Draft step = Step.by(Actor.JOINER, "join the box's namespaces", Place.DEFAULT)
                .tolerate(CLOSE_RANGE, number(3), number(-1), flags(CLOSE_RANGE_CLOEXEC))
                .call(PRCTL, flags(PR_SET_DUMPABLE), number(0));
        for (Map.Entry<String, Limit> entry : join.limits().init().entrySet()) {
            Limit limit = entry.getValue();
            Limit own = join.limits().own().getOrDefault(entry.getKey(), limit);
            if (limit.isHigherThan(own)) {
                // It can be raised only here, with CAP_SYS_RESOURCE; it is lowered just before the program is executed.
                Limit raised = new Limit(own.soft(), limit.hard());
                step.tolerate(PRLIMIT64, CredentialSteps.limitArguments(entry.getKey(), raised));
            }
        }
        steps.addAll(confine());
        if (!join.namespaces().isEmpty()) {
            // A change of credentials may clear the signal that ties the process to jbox.
            step.call(SETNS, fd(Descriptors.TARGET), new Arg.Flags(join.namespaces()))
                    .call(PRCTL, flags(PR_SET_PDEATHSIG), flags(SIGKILL));
        }
        if (join.namespaces().contains(Namespace.MNT.flag())) {
            // setns leads to the topmost root of the mount namespace, which is not init's if jbox itself was in a
            // chroot.
            step.call(FCHDIR, fd(Descriptors.TARGET_ROOT)).call(CHROOT, text("."));
        }
        steps.add(step.hint(SETNS, Errno.ESRCH, "the box has just ended")
                .hint(SETNS, Errno.EPERM, "jbox needs root for this: sudo jbox ...")
                .build());
        steps.add(CloneSteps.bareClone(
                        Step.by(Actor.JOINER, "make the command's process", Place.DEFAULT),
                        List.of(CLONE_VM, CLONE_PIDFD, CLONE_PARENT_SETTID, CLONE_CLEAR_SIGHAND),
                        number(0),
                        Actor.COMMAND)
                .build());
        steps.add(supervise());
    }

    /**
     * The joiner waits for the command, and for any siblings that the command makes for itself (CLONE_PARENT). Both
     * waits write the same word, so that it holds the command's status whichever gets it.
     */
    private static Step supervise() {
        Arg.Cell status = new Arg.Cell("status", 8);
        Arg.ValueOf child = new Arg.ValueOf(Descriptors.CHILD_PID);
        return Step.by(Actor.JOINER, "wait for the command's end", Place.DEFAULT)
                .tolerate(CLOSE_RANGE, number(0), number(2), number(0))
                .tolerate(CLOSE, fd(Descriptors.EXEC))
                .add(Loop.of(
                        SUPERVISE_LOOP,
                        Branch.when(
                                Call.may(WAIT4, number(-1), status, flags(__WALL), Arg.nothing()),
                                Sign.NEGATIVE,
                                Jump.leave(SUPERVISE_LOOP)),
                        Branch.when(
                                Call.may(WAIT4, child, status, flags(WNOHANG, __WALL), Arg.nothing()),
                                Sign.ZERO,
                                Jump.again(SUPERVISE_LOOP)),
                        Jump.leave(SUPERVISE_LOOP)))
                .tolerate(WRITE, fd(Descriptors.STATUS), status, number(Integer.BYTES))
                .tolerate(EXIT_GROUP, number(0))
                .build();
    }

    /**
     * Sets the labels before the box's namespaces are joined, since the box controls its /proc; the command inherits
     * them (fork(2)).
     */
    private List<Step> confine() {
        List<Step> steps = new ArrayList<>();
        for (Label label : join.confinement().confined() ? join.confinement().labels() : List.<Label>of()) {
            steps.add(LabelSteps.open(label, Actor.JOINER, Place.DEFAULT));
            steps.add(LabelSteps.confine(label, Actor.JOINER, Place.DEFAULT));
        }
        return steps;
    }

    private void command(List<Step> steps) {
        // The command sends its own id before anything else, except that it first ties its life to jbox: from then on a
        // process in the box may stop it.
        steps.add(Step.by(Actor.COMMAND, "tell jbox", Place.DEFAULT)
                .call(PRCTL, flags(PR_SET_PDEATHSIG), flags(SIGKILL))
                .tolerate(WRITE, fd(Descriptors.EXEC), ProcessSteps.pids(new Arg.Cell("no-pid", 8)), number(8))
                .build());
        Step.Draft begin = Step.by(Actor.COMMAND, "start a session", Place.DEFAULT)
                .add(
                        READ,
                        Call.Outcome.MUST_BE_POSITIVE,
                        null,
                        fd(Descriptors.SYNC),
                        new Arg.Cell("sync-byte", 8),
                        number(1))
                .call(SETSID)
                .call(UMASK, DataArg.mode(022))
                .tolerate(KEYCTL, flags(KEYCTL_JOIN_SESSION_KEYRING), Arg.nothing());
        if (join.streams().get(0) == Launch.Stream.CONSOLE) {
            begin.call(IOCTL, number(0), flags(TIOCSCTTY), number(0));
            // In an unprivileged user's box only its root may change the owner; root has set it already. EPERM if the
            // terminal belongs to a user of the host.
            begin.tolerate(FCHOWN, number(0), number(join.user().uid()), number(-1));
        }
        for (int standard = 0; standard < join.streams().size(); standard++) {
            // jbox's pipes too: the command may open them by /dev/stdout.
            if (join.streams().get(standard) == Launch.Stream.PIPE
                    && join.user().uid() != 0) {
                begin.tolerate(FCHOWN, number(standard), number(join.user().uid()), number(-1));
            }
        }
        steps.add(begin.build());
        CgroupSteps.enter(Actor.COMMAND, tasks(), steps);
        Step.Draft limits = Step.by(Actor.COMMAND, "set the limits of the box's init", Place.DEFAULT);
        for (Map.Entry<String, Limit> entry : join.limits().init().entrySet()) {
            limits.tolerate(PRLIMIT64, CredentialSteps.limitArguments(entry.getKey(), entry.getValue()));
        }
        if (!join.limits().init().isEmpty()) {
            steps.add(limits.build());
        }
        Set<Capability> allowed = EnumSet.noneOf(Capability.class);
        for (Capability capability : Capability.values()) {
            if ((join.confinement().capabilities() & capability.bit()) != 0) {
                allowed.add(capability);
            }
        }
        if (join.confinement().confined()) {
            if (join.confinement().noNewPrivs()) {
                steps.add(Step.by(Actor.COMMAND, "give up new privileges", Place.DEFAULT)
                        .call(PRCTL, flags(PR_SET_NO_NEW_PRIVS), number(1), number(0), number(0), number(0))
                        .build());
            }
            steps.add(CredentialSteps.dropBounding(Actor.COMMAND, allowed, facts, Place.DEFAULT));
            DataArg.Filter filter = join.confinement().filter();
            if (filter != null) {
                steps.add(CredentialSteps.filter(Actor.COMMAND, filter, Place.DEFAULT));
            }
        }
        steps.add(CredentialSteps.become(
                Actor.COMMAND,
                join.user().uid(),
                join.user().gid(),
                join.user().groups(),
                Place.DEFAULT,
                "become user " + join.user().uid() + ", group " + join.user().gid()));
        if (join.confinement().confined()) {
            Set<Capability> own = join.user().uid() == 0 ? allowed : Set.of();
            steps.add(CredentialSteps.setCapabilities(Actor.COMMAND, own, Set.of(), Place.DEFAULT)
                    .build());
        }
        Join.Command command = join.command();
        Step.Draft execute = Step.by(
                Actor.COMMAND,
                command.isGiven()
                        ? "execute the command"
                        : "execute \"" + command.words().get(0) + "\"",
                Place.DEFAULT);
        if (command.cwdMayLack()) {
            execute.call(CHDIR, text("/")).tolerate(CHDIR, text(command.cwd()));
        } else {
            execute.call(CHDIR, text(join.command().cwd()));
        }
        execute.call(RT_SIGPROCMASK, flags(SIG_SETMASK), DataArg.Signals.NONE, Arg.nothing(), number(8));
        execute.call(CLOSE_RANGE, number(3), number(-1), flags(CLOSE_RANGE_CLOEXEC));
        Step.Draft search = command.isGiven()
                ? Words.search(execute, command.environment(), command.given())
                : ExecuteSteps.search(execute, command.words(), command.environment());
        steps.add(search.hint(CHDIR, Errno.ENOENT, "the box has no folder \"" + command.cwd() + "\"")
                .build());
    }
}
