package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.Namespace;
import io.jbox.facts.HostFacts;
import io.jbox.facts.IdMap;
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
import io.jbox.program.Fail;
import io.jbox.program.Memory;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Sign;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the box's first process, which waits for jbox to do its part before it executes the requested program.
 *
 * <pre>
 * jbox                                  init
 *  pipe2 sync, exec
 *  clone3 ─────────────────────────────► prctl(PDEATHSIG)
 *  id maps, mount_setattr                read(sync)  … waits
 *  write(sync) ────────────────────────► mounts, names, ids …
 *  read(exec)  … waits                   execve: exec closes
 *  ◄──────────────────────────────────── end of file
 * </pre>
 */
final class ProcessSteps {
    private final Config config;
    private final Launch launch;
    private final HostFacts facts;

    ProcessSteps(Config config, Launch launch, HostFacts facts) {
        this.config = config;
        this.launch = launch;
        this.facts = facts;
    }

    void pipes(List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "make the pipes to the first process", Place.DEFAULT)
                .call(PIPE2, new Arg.Pair(Descriptors.SYNC, Descriptors.SYNC_WRITE), flags(O_CLOEXEC))
                .call(PIPE2, new Arg.Pair(Descriptors.EXEC_READ, Descriptors.EXEC), flags(O_CLOEXEC));
        if (launch.command() != null) {
            step.call(PIPE2, new Arg.Pair(Descriptors.STATUS_READ, Descriptors.STATUS), flags(O_CLOEXEC));
        }
        steps.add(step.build());
        for (int standard : standards(Launch.Stream.PIPE)) {
            IdMap ids = new IdMap(config.namespaces().idmap());
            HostUid user = ids.hostUid(config.init().uid().get());
            steps.add(pipe(standard, facts.isOrdinary() ? HostUid.ROOT : user));
        }
    }

    /**
     * Makes a pipe between jbox and a standard descriptor of the box.
     *
     * @param user new owner of the pipe, since the program may open it as /dev/stdout; root to leave it as it is
     */
    static Step pipe(int standard, HostUid user) {
        Descriptor outside = Descriptors.pipeOutside(standard);
        Descriptor inside = Descriptors.pipeInside(standard);
        Step.Draft step = Step.by(Actor.JBOX, "make a pipe for descriptor " + standard, Place.DEFAULT)
                .call(
                        PIPE2,
                        standard == 0 ? new Arg.Pair(inside, outside) : new Arg.Pair(outside, inside),
                        flags(O_CLOEXEC));
        if (!user.equals(HostUid.ROOT) && !user.equals(HostUid.NONE)) {
            step.call(FCHOWN, fd(inside), number(user.number()), number(-1));
        }
        return step.build();
    }

    private List<Integer> standards(Launch.Stream stream) {
        List<Integer> standards = new ArrayList<>();
        for (int standard = 0; standard < launch.streams().size(); standard++) {
            if (launch.streams().get(standard) == stream) {
                standards.add(standard);
            }
        }
        return standards;
    }

    /** Closes what only the other processes need; with a monitor, reads which first process it has made. */
    void hear(Plan.Draft plan) {
        List<Descriptor> inside = new ArrayList<>(List.of(Descriptors.SYNC, Descriptors.EXEC));
        if (launch.command() != null) {
            inside.add(Descriptors.STATUS);
        }
        leave("first process", inside, plan);
        if (launch.supervision() != null) {
            hear("first process", plan);
        }
    }

    /**
     * Assembles a program that another process executes.
     *
     * @param whose name of the process that runs the program
     * @param process the actor as which it starts
     */
    static Step assemble(String whose, Actor process, Descriptor image) {
        return Step.by(Actor.JBOX, "put the program of the " + whose + " together", Place.DEFAULT)
                .add(new Effect.Assemble(process, image))
                .build();
    }

    /**
     * Closes what only other processes need, so that their end is noticed.
     *
     * @param who name of those processes
     */
    static void leave(String who, List<Descriptor> inside, Plan.Draft plan) {
        Step.Draft close = Step.by(Actor.JBOX, "close what only the " + who + " needs", Place.DEFAULT);
        for (Descriptor descriptor : inside) {
            close.call(CLOSE, fd(descriptor));
        }
        plan.at(Phase.LEAVE).add(close.build());
    }

    /**
     * Reads which process jbox's child has made, and opens a pidfd of it.
     *
     * @param who name of the other process
     */
    static void hear(String who, Plan.Draft plan) {
        plan.at(Phase.HEAR)
                .add(Step.by(Actor.JBOX, "wait for the " + who, Place.DEFAULT)
                        .add(Call.must(READ, fd(Descriptors.EXEC_READ), Descriptors.MESSAGE, number(8))
                                .into(Descriptors.HEARD))
                        .build());
        Arg.ValueOf made = new Arg.ValueOf(Descriptors.MESSAGE, Integer.BYTES, Integer.BYTES);
        plan.at(Phase.HOLD)
                .add(Step.by(Actor.JBOX, "take hold of the " + who, Place.DEFAULT)
                        .open(Descriptors.MADE, PIDFD_OPEN, made, number(0))
                        .add(Undoing.killGrandchild(Descriptors.MADE))
                        .build());
    }

    /** Waits until the first process has set the box up: it says so with one byte, or reports why it has not. */
    static Step awaitSetUp() {
        return Step.by(Actor.JBOX, "wait until the box is set up", Place.DEFAULT)
                .add(
                        readReport(Call.Outcome.MUST_SUCCEED),
                        Branch.when(
                                Memory.compare(Descriptors.TOLD, 1, Integer.BYTES),
                                Sign.POSITIVE,
                                new Fail(Fail.Reason.REPORTED, null)))
                .build();
    }

    /**
     * Lets the first process continue behind the hooks that ran while it waited.
     *
     * @param pidfd of it
     */
    static List<Step> resume(Descriptor pidfd) {
        Call ended = new Call(
                PPOLL,
                List.of(Polled.readable(fd(pidfd)), number(1), Times.AT_ONCE, Arg.nothing(), number(Long.BYTES)),
                Call.Outcome.MUST_BE_ZERO,
                null,
                null);
        return List.of(
                Step.by(Actor.JBOX, "look whether the first process still waits", Place.DEFAULT)
                        .add(ended)
                        .build(),
                release("let the first process continue behind its hooks", "the first process was killed"));
    }

    /** Waits until the program is executed: that closes the exec pipe. A process that fails reports why before. */
    static Step awaitExecution(String what) {
        return Step.by(Actor.JBOX, "wait until " + what + " is executed", Place.DEFAULT)
                .add(readReport(Call.Outcome.MUST_BE_ZERO))
                .build();
    }

    private static Call readReport(Call.Outcome outcome) {
        Arg.Cell report = Descriptors.REPORT;
        return new Call(
                READ,
                List.of(fd(Descriptors.EXEC_READ), report, number(report.bytes())),
                outcome,
                null,
                Descriptors.TOLD);
    }

    /**
     * The exec pipe's first message: the ids of a process and of the one that it made last, 32 bits each.
     *
     * @param own the cell with the former
     */
    static Arg pids(Arg.Cell own) {
        return struct(
                new Arg.Field("own", Integer.BYTES, new Arg.ValueOf(own)),
                new Arg.Field("child", Integer.BYTES, new Arg.ValueOf(Descriptors.CHILD_PID)));
    }

    static Step release() {
        return release("let the first process continue", "the first process was killed");
    }

    static Step release(String subject, String dead) {
        return Step.by(Actor.JBOX, subject, Place.DEFAULT)
                .call(WRITE, fd(Descriptors.SYNC_WRITE), text("1"), number(1))
                .hint(WRITE, Errno.EPIPE, dead)
                .build();
    }

    /** The first process dies with jbox, keeps nothing of jbox open, and waits. */
    void begin(List<Descriptor> kept, List<Step> steps) {
        List<Descriptor> all = new ArrayList<>(List.of(Descriptors.SYNC, Descriptors.EXEC));
        if (launch.command() != null) {
            all.add(Descriptors.STATUS);
            all.add(Descriptors.IMAGE);
        }
        for (int standard : standards(Launch.Stream.PIPE)) {
            all.add(Descriptors.pipeInside(standard));
        }
        all.addAll(kept);
        steps.add(Step.by(Actor.INIT, "wait for jbox", Place.DEFAULT)
                .call(PRCTL, flags(PR_SET_PDEATHSIG), flags(SIGKILL))
                .call(CLOSE_RANGE, new Arg.AllBut(List.copyOf(all)), number(-1), number(0))
                .add(
                        READ,
                        Call.Outcome.MUST_BE_POSITIVE,
                        null,
                        fd(Descriptors.SYNC),
                        new Arg.Cell("sync-byte", 8),
                        number(1))
                .call(UMASK, DataArg.mode(0))
                .build());
    }

    void names(List<Step> steps) {
        if (config.has(Namespace.CGROUP)) {
            steps.add(Step.by(
                            Actor.INIT,
                            "make the cgroup namespace",
                            config.namespaces().place())
                    .call(UNSHARE, flags(CLONE_NEWCGROUP))
                    .build());
        }
        if (config.has(Namespace.UTS)) {
            String name = config.namespaces().utsName().get();
            steps.add(Step.by(
                            Actor.INIT,
                            "set the host name",
                            config.namespaces().utsName().place())
                    .call(SETHOSTNAME, text(name), number(name.getBytes(StandardCharsets.UTF_8).length))
                    .build());
        }
        steps.add(Step.by(Actor.INIT, "leave the caller's keyring", Place.DEFAULT)
                .tolerate(KEYCTL, flags(KEYCTL_JOIN_SESSION_KEYRING), Arg.nothing())
                .build());
    }

    /** Starts a session with the console as its terminal. A command of {@code run} does this for itself. */
    void session(List<Step> steps) {
        Step.Draft step = Step.by(Actor.INIT, "take the console", Place.DEFAULT).call(SETSID);
        if (launch.command() == null && launch.hasConsole() && !startsSessions()) {
            step.call(IOCTL, fd(Descriptors.CONSOLE), flags(TIOCSCTTY), number(0));
        }
        for (int standard : standards(Launch.Stream.CONSOLE)) {
            step.call(DUP3, fd(Descriptors.CONSOLE), number(standard), number(0));
        }
        for (int standard : standards(Launch.Stream.PIPE)) {
            step.call(DUP3, fd(Descriptors.pipeInside(standard)), number(standard), number(0));
            if (facts.isOrdinary() && config.init().uid().get() != 0) {
                step.tolerate(
                        FCHOWN, number(standard), number(config.init().uid().get()), number(-1));
            }
        }
        for (int standard : standards(Launch.Stream.SAME)) {
            step.call(DUP3, number(1), number(standard), number(0));
        }
        for (int standard : standards(Launch.Stream.NULL)) {
            ownNull(config, standard).forEach(step::add);
        }
        steps.add(step.build());
    }

    /** Makes a standard descriptor the box's own /dev/null. */
    static List<Call> ownNull(Config config, int standard) {
        Descriptor device = new Descriptor("null" + standard);
        Arg access = flags(standard == 0 ? O_RDONLY : O_WRONLY, O_CLOEXEC);
        Call open = config.mount().autodev().get()
                ? Call.must(OPENAT, fd(Descriptors.DEV), text("null"), access)
                : Call.must(OPENAT, cwd(), text("/dev/null"), access);
        return List.of(open.opens(device), Call.must(DUP3, fd(device), number(standard), number(0)));
    }

    /** Whether init gives the console to its children, so that it must not be the terminal of init's own session. */
    private boolean startsSessions() {
        String program = config.init().cmd().get(0).get();
        String name = program.substring(program.lastIndexOf('/') + 1);
        return name.equals("init") || name.equals("systemd");
    }
}
