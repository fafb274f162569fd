package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the monitor, the process that remains when {@code jbox start} returns and is the parent of the box's first
 * process.
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
final class MonitorSteps {
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

    /** Opens what the monitor holds for the lifetime of the box. */
    void open(List<Step> steps) {
        String folder = supervision.folder();
        Step.Draft step = Step.by(Actor.JBOX, "open the monitor's files", Place.DEFAULT)
                .open(Descriptors.NULL_DEVICE, OPENAT, cwd(), text("/dev/null"), flags(O_RDWR, O_CLOEXEC));
        file(step, Descriptors.EXIT, folder + "/exit", flags(O_RDWR, O_CREAT, O_TRUNC, O_NOFOLLOW, O_CLOEXEC));
        file(step, Descriptors.LOG, folder + "/log", flags(O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW, O_CLOEXEC));
        file(step, Descriptors.MONITOR_LOCK, folder + "/monitor.lock", flags(O_RDWR, O_CREAT, O_NOFOLLOW, O_CLOEXEC));
        step.call(FLOCK, fd(Descriptors.MONITOR_LOCK), flags(LOCK_EX, LOCK_NB));
        file(step, Descriptors.PIDS, folder + "/pids", flags(O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_CLOEXEC));
        if (launch.hasConsole()) {
            file(
                    step,
                    Descriptors.CONSOLE_LOCK,
                    folder + "/console.lock",
                    flags(O_RDWR, O_CREAT, O_NOFOLLOW, O_CLOEXEC));
        }
        steps.add(step.build());
        if (launch.hasConsole()) {
            openConsoleLog(folder + "/console.log", steps);
        }
    }

    private static void file(Step.Draft step, Descriptor descriptor, String path, Arg flags) {
        step.open(descriptor, OPENAT, cwd(), text(path), flags, DataArg.mode(0600));
    }

    private void openConsoleLog(String ownPath, List<Step> steps) {
        Value<String> configured = config.terminals().console().logfile();
        String path = configured == null ? ownPath : configured.get();
        int slash = path.lastIndexOf('/');
        Step.Draft step = Step.by(
                        Actor.JBOX,
                        "open the console's log \"" + path + "\"",
                        configured == null ? Place.DEFAULT : configured.place())
                .open(
                        Descriptors.LOG_FOLDER,
                        OPENAT2,
                        cwd(),
                        text(facts.followed(slash == 0 ? "/" : path.substring(0, slash))),
                        Arg.struct(
                                Arg.Field.of("flags", flags(O_PATH, O_DIRECTORY, O_CLOEXEC)),
                                Arg.Field.zero(8),
                                Arg.Field.of("resolve", flags(RESOLVE_NO_SYMLINKS))),
                        number(24))
                .hint(OPENAT2, Errno.ENOENT, "its folder must exist")
                .hint(
                        OPENAT2,
                        Errno.ELOOP,
                        "a part of the path is a symbolic link that others can change: write the path it leads to")
                .hint(OPENAT, Errno.ELOOP, "it is a symbolic link")
                .hint(OPENAT, Errno.ENXIO, "it is a pipe without a reader, and must be a regular file");
        String name = path.substring(slash + 1);
        log(step, Descriptors.CONSOLE_LOG, name);
        if (config.terminals().console().rotate().get()) {
            log(step, Descriptors.CONSOLE_LOG_OLD, name + ".1");
        }
        steps.add(step.build());
    }

    private static void log(Step.Draft step, Descriptor descriptor, String name) {
        step.open(
                descriptor,
                OPENAT,
                fd(Descriptors.LOG_FOLDER),
                text(name),
                flags(O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW, O_NONBLOCK, O_CLOEXEC),
                DataArg.mode(0600));
    }

    /**
     * Makes the process that becomes the monitor.
     *
     * @param forInit descriptors that the monitor only passes on
     */
    void make(List<Descriptor> forInit, List<Step> make, List<Step> become) {
        make.add(CloneSteps.clone(
                        Step.by(Actor.JBOX, "make the monitor", Place.DEFAULT),
                        List.of(CLONE_VM, CLONE_PIDFD, CLONE_PARENT_SETTID, CLONE_CLEAR_SIGHAND),
                        Actor.MONITOR)
                .build());
        List<Descriptor> kept = kept(forInit);
        List<Descriptor> all = new ArrayList<>(kept);
        all.add(Descriptors.IMAGE);
        Step.Draft step = Step.by(Actor.MONITOR, "become a separate program", Place.DEFAULT)
                .call(PRCTL, flags(PR_SET_PDEATHSIG), flags(SIGKILL))
                .call(CLOSE_RANGE, new Arg.AllBut(all), number(-1), number(0));
        for (Descriptor descriptor : kept) {
            step.call(FCNTL, fd(descriptor), flags(F_SETFD), number(0));
        }
        step.call(DUP3, fd(Descriptors.NULL_DEVICE), number(0), number(0))
                .call(DUP3, fd(Descriptors.LOG), number(1), number(0))
                .call(DUP3, fd(Descriptors.LOG), number(2), number(0))
                .call(
                        EXECVEAT,
                        fd(Descriptors.IMAGE),
                        text(""),
                        new DataArg.Texts(
                                List.of("jbox: monitor of " + config.name().get())),
                        new DataArg.Texts(List.of()),
                        flags(AT_EMPTY_PATH))
                .hint(EXECVEAT, Errno.EACCES, "vm.memfd_noexec forbids programs in memory");
        become.add(step.build());
    }

    List<Descriptor> kept(List<Descriptor> forInit) {
        List<Descriptor> kept = new ArrayList<>(passed());
        kept.addAll(held());
        for (Descriptor descriptor : forInit) {
            if (!kept.contains(descriptor)) {
                kept.add(descriptor);
            }
        }
        return kept;
    }

    /** The descriptors that the monitor needs until the first process runs. */
    private static List<Descriptor> passed() {
        return List.of(Descriptors.SYNC, Descriptors.EXEC, Descriptors.INIT_PROGRAM);
    }

    /** The descriptors that it holds longer. */
    List<Descriptor> held() {
        List<Descriptor> held = new ArrayList<>(List.of(
                Descriptors.NULL_DEVICE,
                Descriptors.EXIT,
                Descriptors.LOG,
                Descriptors.MONITOR_LOCK,
                Descriptors.PIDS,
                Descriptors.EXEC_READ));
        if (launch.hasConsole()) {
            held.addAll(List.of(
                    Descriptors.MASTER,
                    Descriptors.CONSOLE,
                    Descriptors.CONSOLE_LOCK,
                    Descriptors.LOG_FOLDER,
                    Descriptors.CONSOLE_LOG));
            if (config.terminals().console().rotate().get()) {
                held.add(Descriptors.CONSOLE_LOG_OLD);
            }
        }
        for (int i = 1; i <= config.terminals().ttyMax().get(); i++) {
            held.add(Descriptors.ttyMaster(i));
            held.add(Descriptors.tty(i));
        }
        if (!facts.isOrdinary()) {
            held.add(Descriptors.TREE_LOCKS);
        }
        if (config.rootfs().path().get().isOverlay()) {
            held.add(Descriptors.UPPER_LOCK);
        }
        held.addAll(TieSteps.held(config));
        return held;
    }
}
