package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.Signal;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * Plans the monitor's program, from its first call to its last.
 *
 * <pre>
 *  map the first process's program; make the first process; a thread for the console's log
 *  both ids → exec pipe; wait for its hang-up; forget that program
 *  both ids → pids file
 *  wait for signals: SIGTERM → the first process is asked to halt; SIGCHLD → has it ended?
 *  forget both ids, and reap it
 *  its status → exit file; close the terminals; kill what is left in the cgroups and remove them
 *  anything left to clean up? execve "jbox reap"; else remove the record, and exit
 * </pre>
 */
public final class MonitorLife {
    /** Where the monitor maps the memory of the first process's program. */
    public static final long INIT_ADDRESS = 0x1000_0000L;

    private static final Loop.Label TAKE_LOOP = new Loop.Label("take");
    private static final Loop.Label SUPERVISE_LOOP = new Loop.Label("supervise");
    private static final Arg.Cell PID = new Arg.Cell("pid", 8);
    /** siginfo_t of waitid(2). */
    private static final Arg.Cell ENDED = new Arg.Cell("ended", 128);

    /** Its si_pid, which is aligned to 8 bytes behind three words. */
    private static final Arg.Part ENDED_PID = new Arg.Part(ENDED, 16);

    private static final Worker THREAD = new Worker("thread");
    private static final Arg TERM = new DataArg.Signals(List.of(SIGTERM), false);
    private static final Arg CHILD = new DataArg.Signals(List.of(SIGCHLD), false);
    private static final Arg TERM_AND_CHILD = new DataArg.Signals(List.of(SIGTERM, SIGCHLD), false);
    private static final Arg SIGNAL_SET = number(8);
    /** How long the thread may take to end. */
    private static final long JOIN_SECONDS = 2;

    private final Config config;
    private final HostFacts facts;
    private final Launch launch;
    private final Launch.Supervision supervision;
    private final List<Descriptor> kept;
    private final List<Descriptor> held;

    /**
     * @param kept the descriptors that it starts with
     * @param held those still needed when the first process runs
     */
    MonitorLife(
            Config config,
            HostFacts facts,
            Launch launch,
            Launch.Supervision supervision,
            List<Descriptor> kept,
            List<Descriptor> held) {
        this.config = config;
        this.facts = facts;
        this.launch = launch;
        this.supervision = supervision;
        this.kept = List.copyOf(kept);
        this.held = List.copyOf(held);
    }

    /** The steps up to making the first process, when nothing of jbox is left in the monitor. */
    void begin(List<Step> steps) {
        steps.add(Step.by(Actor.MONITOR, "leave jbox's session, and map the first process's program", Place.DEFAULT)
                .tolerate(CLOSE_RANGE, number(3), number(-1), flags(CLOSE_RANGE_CLOEXEC))
                .tolerate(PRCTL, flags(PR_SET_NAME), text("jbox-monitor"))
                // Lets processes of the same user take the console's descriptor; EINVAL without Yama.
                .tolerate(PRCTL, flags(PR_SET_PTRACER), number(-1))
                .tolerate(SETSID)
                .tolerate(CHDIR, text("/"))
                .add(Call.may(GETPID).into(PID))
                .call(
                        MMAP,
                        new Arg.Address(INIT_ADDRESS),
                        new Arg.SizeOf(Descriptors.INIT_PROGRAM),
                        flags(PROT_READ, PROT_WRITE),
                        flags(MAP_PRIVATE, MAP_FIXED_NOREPLACE),
                        fd(Descriptors.INIT_PROGRAM),
                        number(0))
                .build());
    }

    /** The steps from there to its end. */
    void live(List<Step> steps) {
        if (launch.hasConsole()) {
            Step.Draft console = Step.by(Actor.MONITOR, "write the console's log in a thread", Place.DEFAULT);
            for (Statement statement : THREAD.fork(new ConsoleSteps(config).thread())) {
                console.add(statement);
            }
            steps.add(console.build());
        }
        steps.add(tell());
        steps.add(supervise());
        steps.add(closeTerminals());
        CgroupRemoval removal = new CgroupRemoval(supervision.afterwards().counters());
        for (String cgroup : Grants.cgroups(config, facts)) {
            steps.add(removal.remove(cgroup));
        }
        steps.add(new MonitorEnd(config, facts, supervision, held).end());
    }

    private Step tell() {
        Step.Draft step = Step.by(Actor.MONITOR, "report to jbox", Place.DEFAULT);
        if (!supervision.foreground()) {
            // This must come before jbox can learn of the monitor and end: jbox may end as soon as init runs.
            step.tolerate(PRCTL, flags(PR_SET_PDEATHSIG), number(0));
        }
        step.tolerate(WRITE, fd(Descriptors.EXEC), ProcessSteps.pids(PID), number(8));
        for (Descriptor descriptor : kept) {
            if (!held.contains(descriptor)) {
                step.tolerate(CLOSE, fd(descriptor));
            }
        }
        // Waits until jbox has closed its end.
        Arg hangUp = struct(new Arg.Field("fd", 4, fd(Descriptors.EXEC_READ)), Arg.Field.zero(4));
        step.tolerate(PPOLL, hangUp, number(1), Arg.nothing(), Arg.nothing(), SIGNAL_SET);
        if (facts.isOrdinary()) {
            // Init's change of user cleared it, and jbox console needs to find the terminal's descriptor here.
            step.tolerate(PRCTL, flags(PR_SET_DUMPABLE), number(1));
        }
        // From here on, while the file contains the ids and the lock is held, the ids belong to these processes (see
        // below).
        step.tolerate(PWRITE64, fd(Descriptors.PIDS), ProcessSteps.pids(PID), number(8), number(0));
        return step.tolerate(MUNMAP, new Arg.Address(INIT_ADDRESS), new Arg.SizeOf(Descriptors.INIT_PROGRAM))
                .tolerate(CLOSE, fd(Descriptors.EXEC_READ))
                .build();
    }

    private Step supervise() {
        Descriptor signals = new Descriptor("signals");
        Arg pollfd = struct(new Arg.Field("fd", 4, fd(signals)), new Arg.Field("events", 4, flags(POLLIN)));
        List<Statement> halt = new ArrayList<>();
        // It is unknown which signals init handles; one that it does not handle has no effect.
        List<Signal> asked = config.signal().halt().place().isDefault()
                ? List.of(Signal.RTMIN_3, Signal.PWR)
                : List.of(config.signal().halt().get());
        for (Signal signal : asked) {
            halt.add(Call.may(
                    PIDFD_SEND_SIGNAL,
                    new Arg.ValueOf(Descriptors.CHILD_PIDFD),
                    new Arg.Named(signal.name(), signal.number()),
                    Arg.nothing(),
                    number(0)));
        }
        halt.add(Jump.again(TAKE_LOOP));
        Call takeTerm = Call.may(RT_SIGTIMEDWAIT, TERM, Arg.nothing(), Times.AT_ONCE, SIGNAL_SET);
        Call ended = Call.may(WAITID, flags(P_ALL), number(0), ENDED, flags(WEXITED, WNOHANG, WNOWAIT), Arg.nothing());
        return Step.by(Actor.MONITOR, "wait for the box's end", Place.DEFAULT)
                .open(signals, SIGNALFD4, number(-1), TERM_AND_CHILD, SIGNAL_SET, flags(SFD_CLOEXEC, SFD_NONBLOCK))
                .add(Loop.of(
                        SUPERVISE_LOOP,
                        Call.may(PPOLL, pollfd, number(1), Arg.nothing(), Arg.nothing(), SIGNAL_SET),
                        Loop.of(
                                TAKE_LOOP,
                                new Branch(takeTerm, Sign.POSITIVE, List.copyOf(halt)),
                                Call.may(RT_SIGTIMEDWAIT, CHILD, Arg.nothing(), Times.AT_ONCE, SIGNAL_SET),
                                Jump.leave(TAKE_LOOP)),
                        Branch.when(ended, Sign.NEGATIVE, Jump.leave(SUPERVISE_LOOP)),
                        Branch.when(Memory.compare(ENDED_PID, 0, Integer.BYTES), Sign.ZERO, Jump.again(SUPERVISE_LOOP)),
                        Jump.leave(SUPERVISE_LOOP)))
                // Its id may be another process's once it has been reaped.
                .tolerate(FTRUNCATE, fd(Descriptors.PIDS), number(0))
                .tolerate(WAIT4, number(-1), MonitorEnd.STATUS, flags(WNOHANG), Arg.nothing())
                .tolerate(WRITE, fd(Descriptors.EXIT), MonitorEnd.STATUS, number(2))
                .build();
    }

    /** Closes the terminals; the thread ends when no process has the console open any more. */
    private Step closeTerminals() {
        Step.Draft step = Step.by(Actor.MONITOR, "close the terminals", Place.DEFAULT);
        if (launch.hasConsole()) {
            step.tolerate(CLOSE, fd(Descriptors.CONSOLE));
        }
        for (int i = 1; i <= config.terminals().ttyMax().get(); i++) {
            step.tolerate(CLOSE, fd(Descriptors.tty(i)));
        }
        if (launch.hasConsole()) {
            step.add(THREAD.await(Times.seconds(JOIN_SECONDS)));
        }
        return step.build();
    }
}
