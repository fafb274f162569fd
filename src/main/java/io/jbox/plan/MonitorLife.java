package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;

import io.jbox.config.Config;
import io.jbox.config.Net;
import io.jbox.config.Signal;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
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

    private static final Descriptor ROUTES = new Descriptor("routes");
    private static final Arg.Cell PID = new Arg.Cell("pid", 8);
    private static final Arg.Cell STATUS = new Arg.Cell("status", 8);
    /** siginfo_t of waitid(2). */
    private static final Arg.Cell ENDED = new Arg.Cell("ended", 128);

    /** Its si_pid, which is aligned to 8 bytes behind three words. */
    private static final Arg.Part ENDED_PID = new Arg.Part(ENDED, 16);

    private static final Worker THREAD = new Worker("thread");
    /** The number of cgroups that could not be removed. */
    private static final Arg.Cell LEFT = new Arg.Cell("left", 8);

    private static final Arg.Cell COUNTERS = new Arg.Cell("counters", 512);
    private static final Arg.Cell COUNTED = new Arg.Cell("counted", 8);
    private static final Arg TERM = new Arg.Signals(List.of("TERM"), false);
    private static final Arg CHILD = new Arg.Signals(List.of("CHLD"), false);
    private static final Arg TERM_AND_CHILD = new Arg.Signals(List.of("TERM", "CHLD"), false);
    private static final Arg SIGNAL_SET = number(8);
    /** The wait status of an init that called reboot(2): killed by SIGHUP. */
    private static final int REBOOT = 1;
    /** How long the thread may take to end. */
    private static final long JOIN_SECONDS = 2;
    /** How long the kernel may take to destroy a network (cleanup_net). */
    private static final long CLEANUP_SECONDS = 1;

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
                .tolerate("close_range", number(3), number(-1), flags("CLOSE_RANGE_CLOEXEC"))
                .tolerate("prctl", flags("PR_SET_NAME"), text("jbox-monitor"))
                // Lets processes of the same user take the console's descriptor; EINVAL without Yama.
                .tolerate("prctl", flags("PR_SET_PTRACER"), number(-1))
                .tolerate("setsid")
                .tolerate("chdir", text("/"))
                .add(Call.may("getpid").into(PID))
                .call(
                        "mmap",
                        new Arg.Address(INIT_ADDRESS),
                        new Arg.SizeOf(Descriptors.INIT_PROGRAM),
                        flags("PROT_READ", "PROT_WRITE"),
                        flags("MAP_PRIVATE", "MAP_FIXED_NOREPLACE"),
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
        for (String cgroup : Grants.cgroups(config, facts)) {
            steps.add(removeCgroup(cgroup));
        }
        steps.add(end());
    }

    private Step tell() {
        Step.Draft step = Step.by(Actor.MONITOR, "report to jbox", Place.DEFAULT);
        if (!supervision.foreground()) {
            // This must come before jbox can learn of the monitor and end: jbox may end as soon as init runs.
            step.tolerate("prctl", flags("PR_SET_PDEATHSIG"), number(0));
        }
        step.tolerate("write", fd(Descriptors.EXEC), ProcessSteps.pids(PID), number(8));
        for (Descriptor descriptor : kept) {
            if (!held.contains(descriptor)) {
                step.tolerate("close", fd(descriptor));
            }
        }
        // Waits until jbox has closed its end.
        Arg hangUp = struct(new Arg.Field("fd", 4, fd(Descriptors.EXEC_READ)), Arg.Field.zero(4));
        step.tolerate("ppoll", hangUp, number(1), Arg.nothing(), Arg.nothing(), SIGNAL_SET);
        if (facts.isOrdinary()) {
            // Init's change of user cleared it, and jbox console needs to find the terminal's descriptor here.
            step.tolerate("prctl", flags("PR_SET_DUMPABLE"), number(1));
        }
        // From here on, who finds the ids there, and the monitor's lock held, finds those processes (see below).
        step.tolerate("pwrite64", fd(Descriptors.PIDS), ProcessSteps.pids(PID), number(8), number(0));
        return step.tolerate("munmap", new Arg.Address(INIT_ADDRESS), new Arg.SizeOf(Descriptors.INIT_PROGRAM))
                .tolerate("close", fd(Descriptors.EXEC_READ))
                .build();
    }

    private Step supervise() {
        Descriptor signals = new Descriptor("signals");
        Arg pollfd = struct(new Arg.Field("fd", 4, fd(signals)), new Arg.Field("events", 4, flags("POLLIN")));
        List<Statement> halt = new ArrayList<>();
        // It is unknown which signals init handles; one that it does not handle has no effect.
        List<Signal> asked = config.signal().halt().place().isDefault()
                ? List.of(Signal.RTMIN_3, Signal.PWR)
                : List.of(config.signal().halt().get());
        for (Signal signal : asked) {
            halt.add(Call.may(
                    "pidfd_send_signal",
                    new Arg.ValueOf(Descriptors.CHILD_PIDFD),
                    new Arg.Named(signal.name(), signal.number()),
                    Arg.nothing(),
                    number(0)));
        }
        halt.add(Jump.again("take"));
        Call takeTerm = Call.may("rt_sigtimedwait", TERM, Arg.nothing(), Times.AT_ONCE, SIGNAL_SET);
        Call ended = Call.may(
                "waitid", flags("P_ALL"), number(0), ENDED, flags("WEXITED", "WNOHANG", "WNOWAIT"), Arg.nothing());
        return Step.by(Actor.MONITOR, "wait for the box's end", Place.DEFAULT)
                .open(
                        signals,
                        "signalfd4",
                        number(-1),
                        TERM_AND_CHILD,
                        SIGNAL_SET,
                        flags("SFD_CLOEXEC", "SFD_NONBLOCK"))
                .add(Loop.of(
                        "supervise",
                        Call.may("ppoll", pollfd, number(1), Arg.nothing(), Arg.nothing(), SIGNAL_SET),
                        Loop.of(
                                "take",
                                new Branch(takeTerm, Sign.POSITIVE, List.copyOf(halt)),
                                Call.may("rt_sigtimedwait", CHILD, Arg.nothing(), Times.AT_ONCE, SIGNAL_SET),
                                Jump.leave("take")),
                        Branch.when(ended, Sign.NEGATIVE, Jump.leave("supervise")),
                        Branch.when(Memory.compare(ENDED_PID, 0, Integer.BYTES), Sign.ZERO, Jump.again("supervise")),
                        Jump.leave("supervise")))
                // Its id may be another process's once it has been reaped.
                .tolerate("ftruncate", fd(Descriptors.PIDS), number(0))
                .tolerate("wait4", number(-1), STATUS, flags("WNOHANG"), Arg.nothing())
                .tolerate("write", fd(Descriptors.EXIT), STATUS, number(2))
                .build();
    }

    /** Closes the terminals; the thread ends when nobody has the console open any more. */
    private Step closeTerminals() {
        Step.Draft step = Step.by(Actor.MONITOR, "close the terminals", Place.DEFAULT);
        if (launch.hasConsole()) {
            step.tolerate("close", fd(Descriptors.CONSOLE));
        }
        for (int i = 1; i <= config.ttyMax().get(); i++) {
            step.tolerate("close", fd(Descriptors.tty(i)));
        }
        if (launch.hasConsole()) {
            step.add(THREAD.await(Times.seconds(JOIN_SECONDS)));
        }
        return step.build();
    }

    /** Kills and removes a cgroup: processes that joined the box without its PID namespace may still be in it. */
    private Step removeCgroup(String cgroup) {
        Step.Draft step = Step.by(Actor.MONITOR, "remove the cgroup \"" + cgroup + "\"", Place.DEFAULT);
        keepCounters(cgroup, "memory.events", step);
        keepCounters(cgroup, "memory.oom_control", step);
        Descriptor kill = new Descriptor("kill");
        return step.add(
                        Branch.when(
                                Call.may("openat", cwd(), text(cgroup + "/cgroup.kill"), flags("O_WRONLY", "O_CLOEXEC"))
                                        .opens(kill),
                                Sign.NOT_NEGATIVE,
                                Call.may("write", fd(kill), text("1"), number(1))),
                        Branch.when(
                                Call.may("unlinkat", cwd(), text(cgroup), flags("AT_REMOVEDIR")),
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
        Call open = Call.may("openat", cwd(), text(cgroup + "/" + name), flags("O_RDONLY", "O_CLOEXEC"));
        Call read = Call.may("read", fd(from), COUNTERS, number(COUNTERS.bytes()));
        Call make = Call.may(
                "openat",
                cwd(),
                text(supervision.afterwards().counters()),
                flags("O_WRONLY", "O_CREAT", "O_TRUNC", "O_NOFOLLOW", "O_CLOEXEC"),
                Arg.mode(0600));
        step.add(Branch.when(
                open.opens(from),
                Sign.NOT_NEGATIVE,
                Branch.when(
                        read.into(COUNTED),
                        Sign.NOT_NEGATIVE,
                        Branch.when(
                                make.opens(to),
                                Sign.NOT_NEGATIVE,
                                Call.may("write", fd(to), COUNTERS, new Arg.ValueOf(COUNTED))))));
    }

    /** Ends the monitor, or turns it into jbox if there is anything left to clean up. */
    private Step end() {
        Step.Draft step = Step.by(Actor.MONITOR, "exit, or clean up", Place.DEFAULT);
        Statement exit = Call.may("exit_group", number(0));
        if (supervision.foreground()) {
            return step.add(exit).build();
        }
        if (!owes()) {
            List<Statement> goes = new ArrayList<>(List.of(
                    Call.may("unlinkat", cwd(), text(supervision.afterwards().record()), number(0))));
            deletePairs(goes);
            goes.add(exit);
            Branch nothingLent = new Branch(
                    Call.may("faccessat", cwd(), text(supervision.journal()), number(0)),
                    Sign.NEGATIVE,
                    List.copyOf(goes));
            step.add(Branch.when(
                    Memory.compare(STATUS, REBOOT, 2),
                    Sign.NOT_ZERO,
                    Branch.when(Memory.compare(LEFT, 0, 8), Sign.ZERO, nothingLent)));
        }
        int delay = supervision.afterwards().rebootDelaySeconds();
        if (delay > 0) {
            step.add(Branch.when(
                    Memory.compare(STATUS, REBOOT, 2),
                    Sign.ZERO,
                    Call.may("rt_sigtimedwait", TERM, Arg.nothing(), Times.seconds(delay), SIGNAL_SET)));
        }
        List<String> reaper = supervision.afterwards().reaper();
        return step.tolerate("rt_sigprocmask", flags("SIG_SETMASK"), Arg.Signals.NONE, Arg.nothing(), SIGNAL_SET)
                .tolerate(
                        "execve",
                        text(reaper.get(0)),
                        new Arg.Texts(reaper),
                        new Arg.Texts(supervision.afterwards().environment()))
                .tolerate("exit_group", number(127))
                .build();
    }

    /** Whether there will be something to clean up however the box ends; otherwise only if it rebooted. */
    private boolean owes() {
        boolean scripts = false;
        for (Interface one : Interface.of(config.name().get(), config.net(), 0, facts.network())) {
            scripts |= one.scriptDown() != null;
        }
        return scripts
                || !config.hooks().of("stop").isEmpty()
                || !config.hooks().of("post-stop").isEmpty()
                || config.ephemeral().get();
    }

    /**
     * Deletes veth pairs that outlive the network. With the last process of a network the kernel removes its
     * interfaces, those of many boxes together, which is much cheaper than single requests. They stay only if something
     * keeps the network; the monitor does not wait for that.
     */
    private void deletePairs(List<Statement> statements) {
        List<Statement> deletions = new ArrayList<>();
        for (int i = 0; i < config.net().size(); i++) {
            Net net = config.net().get(i);
            // A configured name may belong to another interface by then; a generated name is unique.
            if (net.is("veth") && net.vethPair() == null) {
                Arg.Message message = new Arg.Message(
                        "RTM_DELLINK",
                        List.of(),
                        List.of(Arg.Field.zero(16)),
                        List.of(RouteMessages.attribute(
                                "IFLA_IFNAME",
                                text(facts.network().choices().get(i).pair()))));
                deletions.add(Call.may(
                        "sendto", fd(ROUTES), message, new Arg.LengthOf(message), number(0), Arg.nothing(), number(0)));
            }
        }
        if (deletions.isEmpty()) {
            return;
        }
        // The next start of the box may begin.
        for (Descriptor lock : List.of(Descriptors.MONITOR_LOCK, Descriptors.TREE_LOCKS, Descriptors.UPPER_LOCK)) {
            if (held.contains(lock)) {
                statements.add(Call.may("close", fd(lock)));
            }
        }
        statements.add(
                Call.may("ppoll", Arg.nothing(), number(0), Times.seconds(CLEANUP_SECONDS), Arg.nothing(), SIGNAL_SET));
        statements.add(
                Call.may("socket", flags("AF_NETLINK"), flags("SOCK_RAW", "SOCK_CLOEXEC"), flags("NETLINK_ROUTE"))
                        .opens(ROUTES));
        statements.addAll(deletions);
    }
}
