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
import io.jbox.config.Value;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Fork;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * The monitor: what stays behind when {@code jbox start} returns, parent of the box's first process.
 *
 * <pre>
 * jbox                        monitor                        init
 *  files, locks, pipes
 *  clone3 ──────────────────► execveat: a program of its own
 *                              clone3 ──────────────────────► waits
 *  read(exec) ◄─────────────── its pid and init's
 *  cgroup, id maps …
 *  write(sync) ─────────────────────────────────────────────► mounts … execve
 *  read(exec): end of file     drains the console, waits for init's end
 * </pre>
 */
public final class MonitorSteps {
    /** Where the monitor maps the memory of the first process's program. */
    public static final long INIT_ADDRESS = 0x1000_0000L;

    /** A timeout of nothing. */
    static final Arg AT_ONCE = seconds(0);

    private static final Descriptor ROUTES = new Descriptor("routes");
    private static final Arg.Cell PID = new Arg.Cell("pid", 8);
    private static final Arg.Cell STATUS = new Arg.Cell("status", 8);
    private static final Arg.Cell THREAD = new Arg.Cell("thread", 8);
    private static final Arg.Cell THREAD_ID = new Arg.Cell("thread-id", 8);
    /** How many cgroups could not be removed. */
    private static final Arg.Cell LEFT = new Arg.Cell("left", 8);

    private static final Arg.Cell COUNTERS = new Arg.Cell("counters", 512);
    private static final Arg.Cell COUNTED = new Arg.Cell("counted", 8);
    private static final Arg TERM = new Arg.Signals(List.of("TERM"), false);
    private static final Arg CHILD = new Arg.Signals(List.of("CHLD"), false);
    private static final Arg TERM_AND_CHILD = new Arg.Signals(List.of("TERM", "CHLD"), false);
    private static final Arg SIGNAL_SET = number(8);
    /** The wait status of an init that has called reboot(2): killed by SIGHUP. */
    private static final int REBOOT = 1;
    /** How long the thread may take to end. */
    private static final long JOIN_SECONDS = 2;
    /** What the kernel may take for a dead network (cleanup_net). */
    private static final long CLEANUP_SECONDS = 1;

    private final Config config;
    private final HostFacts facts;
    private final Launch launch;
    private final Launch.Supervision supervision;

    MonitorSteps(Config config, HostFacts facts, Launch launch, Launch.Supervision supervision) {
        this.config = config;
        this.facts = facts;
        this.launch = launch;
        this.supervision = supervision;
    }

    /** What the monitor holds for as long as the box lives. */
    void open(List<Step> steps) {
        String folder = supervision.folder();
        Step.Draft step = Step.by(Actor.JBOX, "open what the monitor keeps", Place.DEFAULT)
                .open(Descriptors.NULL_DEVICE, "openat", cwd(), text("/dev/null"), flags("O_RDWR", "O_CLOEXEC"));
        file(
                step,
                Descriptors.EXIT,
                folder + "/exit",
                flags("O_RDWR", "O_CREAT", "O_TRUNC", "O_NOFOLLOW", "O_CLOEXEC"));
        file(
                step,
                Descriptors.LOG,
                folder + "/log",
                flags("O_WRONLY", "O_CREAT", "O_APPEND", "O_NOFOLLOW", "O_CLOEXEC"));
        file(
                step,
                Descriptors.MONITOR_LOCK,
                folder + "/monitor.lock",
                flags("O_RDWR", "O_CREAT", "O_NOFOLLOW", "O_CLOEXEC"));
        step.call("flock", fd(Descriptors.MONITOR_LOCK), flags("LOCK_EX", "LOCK_NB"));
        if (launch.hasConsole()) {
            file(
                    step,
                    Descriptors.CONSOLE_LOCK,
                    folder + "/console.lock",
                    flags("O_RDWR", "O_CREAT", "O_NOFOLLOW", "O_CLOEXEC"));
        }
        steps.add(step.build());
        if (launch.hasConsole()) {
            openConsoleLog(folder + "/console.log", steps);
        }
    }

    private static void file(Step.Draft step, Descriptor descriptor, String path, Arg flags) {
        step.open(descriptor, "openat", cwd(), text(path), flags, Arg.mode(0600));
    }

    private void openConsoleLog(String ownPath, List<Step> steps) {
        Value<String> configured = config.console().logfile();
        String path = configured == null ? ownPath : configured.get();
        int slash = path.lastIndexOf('/');
        Step.Draft step = Step.by(
                        Actor.JBOX,
                        "open the console's log \"" + path + "\"",
                        configured == null ? Place.DEFAULT : configured.place())
                .open(
                        Descriptors.LOG_FOLDER,
                        "openat2",
                        cwd(),
                        text(facts.followed(slash == 0 ? "/" : path.substring(0, slash))),
                        Arg.struct(
                                Arg.Field.of("flags", flags("O_PATH", "O_DIRECTORY", "O_CLOEXEC")),
                                Arg.Field.zero(8),
                                Arg.Field.of("resolve", flags("RESOLVE_NO_SYMLINKS"))),
                        number(24))
                .hint("openat2", "ENOENT", "its folder must be there")
                .hint(
                        "openat2",
                        "ELOOP",
                        "a part of it is a symbolic link that others can change: write where it leads")
                .hint("openat", "ELOOP", "it is a symbolic link")
                .hint("openat", "ENXIO", "it is a pipe that nobody reads, and is to be a regular file");
        String name = path.substring(slash + 1);
        log(step, Descriptors.CONSOLE_LOG, name);
        if (config.console().rotate().get()) {
            log(step, Descriptors.CONSOLE_LOG_OLD, name + ".1");
        }
        steps.add(step.build());
    }

    private static void log(Step.Draft step, Descriptor descriptor, String name) {
        step.open(
                descriptor,
                "openat",
                fd(Descriptors.LOG_FOLDER),
                text(name),
                flags("O_WRONLY", "O_CREAT", "O_APPEND", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"),
                Arg.mode(0600));
    }

    /**
     * Makes the process that becomes the monitor.
     *
     * @param forInit descriptors that the monitor only passes on
     */
    void make(List<Descriptor> forInit, List<Step> make, List<Step> become) {
        make.add(ProcessSteps.clone(
                        Step.by(Actor.JBOX, "make the monitor", Place.DEFAULT),
                        List.of("CLONE_VM", "CLONE_PIDFD", "CLONE_PARENT_SETTID", "CLONE_CLEAR_SIGHAND"),
                        Actor.MONITOR)
                .build());
        List<Descriptor> kept = kept(forInit);
        List<Descriptor> all = new ArrayList<>(kept);
        all.add(Descriptors.IMAGE);
        Step.Draft step = Step.by(Actor.MONITOR, "become a program of its own", Place.DEFAULT)
                .call("prctl", flags("PR_SET_PDEATHSIG"), flags("SIGKILL"))
                .call("close_range", new Arg.AllBut(all), number(-1), number(0));
        for (Descriptor descriptor : kept) {
            step.call("fcntl", fd(descriptor), flags("F_SETFD"), number(0));
        }
        step.call("dup3", fd(Descriptors.NULL_DEVICE), number(0), number(0))
                .call("dup3", fd(Descriptors.LOG), number(1), number(0))
                .call("dup3", fd(Descriptors.LOG), number(2), number(0))
                .call(
                        "execveat",
                        fd(Descriptors.IMAGE),
                        text(""),
                        new Arg.Texts(
                                List.of("jbox: monitor of " + config.name().get())),
                        new Arg.Texts(List.of()),
                        flags("AT_EMPTY_PATH"))
                .hint("execveat", "EACCES", "vm.memfd_noexec forbids programs in memory");
        become.add(step.build());
    }

    private List<Descriptor> kept(List<Descriptor> forInit) {
        List<Descriptor> kept = new ArrayList<>(passed());
        kept.addAll(held());
        for (Descriptor descriptor : forInit) {
            if (!kept.contains(descriptor)) {
                kept.add(descriptor);
            }
        }
        return kept;
    }

    /** Up to where the first process is made, by a program that has nothing of jbox's any more. */
    void begin(List<Step> steps) {
        steps.add(Step.by(Actor.MONITOR, "leave jbox's session, and map the first process's program", Place.DEFAULT)
                .tolerate("close_range", number(3), number(-1), flags("CLOSE_RANGE_CLOEXEC"))
                .tolerate("prctl", flags("PR_SET_NAME"), text("jbox-monitor"))
                // Who is of the same user may take the console's descriptor; EINVAL without Yama.
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

    /** From there on until it ends. */
    void live(List<Descriptor> forInit, List<Step> steps) {
        if (launch.hasConsole()) {
            steps.add(Step.by(Actor.MONITOR, "write the console's log in a thread", Place.DEFAULT)
                    .add(Fork.of(cloneThread(), new ConsoleSteps(config).thread()))
                    .build());
        }
        steps.add(tell(forInit));
        steps.add(supervise());
        steps.add(closeTerminals());
        for (String cgroup : CgroupSteps.folders(config, facts)) {
            steps.add(removeCgroup(cgroup));
        }
        steps.add(end());
    }

    private static Call cloneThread() {
        // The kernel clears THREAD, and wakes, when the thread has ended.
        return Call.must(
                "clone3",
                Arg.struct(
                        Arg.Field.of(
                                "flags",
                                flags(
                                        "CLONE_VM",
                                        "CLONE_FS",
                                        "CLONE_FILES",
                                        "CLONE_SIGHAND",
                                        "CLONE_THREAD",
                                        "CLONE_SYSVSEM",
                                        "CLONE_PARENT_SETTID",
                                        "CLONE_CHILD_SETTID",
                                        "CLONE_CHILD_CLEARTID")),
                        Arg.Field.zero(8),
                        Arg.Field.of("child_tid", THREAD),
                        Arg.Field.of("parent_tid", THREAD_ID),
                        Arg.Field.zero(56)),
                number(ProcessSteps.CLONE_ARGUMENTS));
    }

    private Step tell(List<Descriptor> forInit) {
        Step.Draft step = Step.by(Actor.MONITOR, "tell jbox, and let it go", Place.DEFAULT);
        if (!supervision.foreground()) {
            // Before jbox can know of us, let alone be done: it may end as soon as init runs.
            step.tolerate("prctl", flags("PR_SET_PDEATHSIG"), number(0));
        }
        step.tolerate("write", fd(Descriptors.EXEC), ProcessSteps.pids(PID), number(8));
        for (Descriptor descriptor : kept(forInit)) {
            if (!held().contains(descriptor)) {
                step.tolerate("close", fd(descriptor));
            }
        }
        // Until jbox has closed its end.
        Arg hangUp = struct(new Arg.Field("fd", 4, fd(Descriptors.EXEC_READ)), Arg.Field.zero(4));
        step.tolerate("ppoll", hangUp, number(1), Arg.nothing(), Arg.nothing(), SIGNAL_SET);
        if (facts.isOrdinary()) {
            // Init's change of user has cleared it, and jbox console is to find the terminal's descriptor here.
            step.tolerate("prctl", flags("PR_SET_DUMPABLE"), number(1));
        }
        return step.tolerate("munmap", new Arg.Address(INIT_ADDRESS), new Arg.SizeOf(Descriptors.INIT_PROGRAM))
                .tolerate("close", fd(Descriptors.EXEC_READ))
                .build();
    }

    private Step supervise() {
        Descriptor signals = new Descriptor("signals");
        Arg pollfd = struct(new Arg.Field("fd", 4, fd(signals)), new Arg.Field("events", 4, flags("POLLIN")));
        List<Statement> halt = new ArrayList<>();
        // What init listens to is not known yet; a signal that it does not is none to it.
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
        Call takeTerm = Call.may("rt_sigtimedwait", TERM, Arg.nothing(), AT_ONCE, SIGNAL_SET);
        Call reap = Call.may("wait4", number(-1), STATUS, flags("WNOHANG"), Arg.nothing());
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
                                Call.may("rt_sigtimedwait", CHILD, Arg.nothing(), AT_ONCE, SIGNAL_SET),
                                Jump.leave("take")),
                        Branch.when(reap, Sign.ZERO, Jump.again("supervise")),
                        Jump.leave("supervise")))
                .tolerate("write", fd(Descriptors.EXIT), STATUS, number(2))
                .build();
    }

    /** The thread ends when nobody has the console open any more. */
    private Step closeTerminals() {
        Step.Draft step = Step.by(Actor.MONITOR, "close the terminals", Place.DEFAULT);
        if (launch.hasConsole()) {
            step.tolerate("close", fd(Descriptors.CONSOLE));
        }
        for (int i = 1; i <= config.ttyMax().get(); i++) {
            step.tolerate("close", fd(Descriptors.tty(i)));
        }
        if (launch.hasConsole()) {
            step.tolerate("futex", THREAD, flags("FUTEX_WAIT"), new Arg.ValueOf(THREAD_ID), seconds(JOIN_SECONDS));
        }
        return step.build();
    }

    /** Who joined the box without its PID namespace may still be in its cgroup. */
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

    /** What the kernel has counted goes with the cgroup: whether the box was out of memory is to be told afterwards. */
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

    /** Where nothing is owed the monitor ends; else it becomes jbox, which does it. */
    private Step end() {
        Step.Draft step = Step.by(Actor.MONITOR, "be gone, or have done what is owed", Place.DEFAULT);
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
                    Call.may("rt_sigtimedwait", TERM, Arg.nothing(), seconds(delay), SIGNAL_SET)));
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

    /** Whether anything will be owed however the box ends; else only if it has rebooted. */
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
     * With the last process of a network the kernel takes its interfaces away, those of many boxes together, and much
     * cheaper than one could ask it to. Only if somebody keeps the network they stay; nobody waits for that.
     */
    private void deletePairs(List<Statement> statements) {
        List<Statement> deletions = new ArrayList<>();
        for (int i = 0; i < config.net().size(); i++) {
            Net net = config.net().get(i);
            // A name that is written may be somebody else's by then; one of ours is nobody's.
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
            if (held().contains(lock)) {
                statements.add(Call.may("close", fd(lock)));
            }
        }
        statements.add(
                Call.may("ppoll", Arg.nothing(), number(0), seconds(CLEANUP_SECONDS), Arg.nothing(), SIGNAL_SET));
        statements.add(
                Call.may("socket", flags("AF_NETLINK"), flags("SOCK_RAW", "SOCK_CLOEXEC"), flags("NETLINK_ROUTE"))
                        .opens(ROUTES));
        statements.addAll(deletions);
    }

    private static Arg seconds(long seconds) {
        return struct(Arg.Field.of("tv_sec", number(seconds)), Arg.Field.of("tv_nsec", number(0)));
    }

    /** What the monitor needs until the first process runs. */
    private static List<Descriptor> passed() {
        return List.of(Descriptors.SYNC, Descriptors.EXEC, Descriptors.INIT_PROGRAM);
    }

    /** What it holds for longer. */
    private List<Descriptor> held() {
        List<Descriptor> held = new ArrayList<>(List.of(
                Descriptors.NULL_DEVICE,
                Descriptors.EXIT,
                Descriptors.LOG,
                Descriptors.MONITOR_LOCK,
                Descriptors.EXEC_READ));
        if (launch.hasConsole()) {
            held.addAll(List.of(
                    Descriptors.MASTER,
                    Descriptors.CONSOLE,
                    Descriptors.CONSOLE_LOCK,
                    Descriptors.LOG_FOLDER,
                    Descriptors.CONSOLE_LOG));
            if (config.console().rotate().get()) {
                held.add(Descriptors.CONSOLE_LOG_OLD);
            }
        }
        for (int i = 1; i <= config.ttyMax().get(); i++) {
            held.add(Descriptors.ttyMaster(i));
            held.add(Descriptors.tty(i));
        }
        if (!facts.isOrdinary()) {
            held.add(Descriptors.TREE_LOCKS);
        }
        if (config.rootfs().path().get().isOverlay()) {
            held.add(Descriptors.UPPER_LOCK);
        }
        held.addAll(new UserNetworkSteps(config, facts).held());
        return held;
    }
}
