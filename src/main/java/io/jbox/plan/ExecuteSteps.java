package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.facts.Environment;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Fail;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.List;

/** Executes the box's program, with its environment, working folder and descriptors. */
final class ExecuteSteps {
    private final Config config;
    private final Launch launch;
    private final HostFacts facts;

    ExecuteSteps(Config config, Launch launch, HostFacts facts) {
        this.config = config;
        this.launch = launch;
        this.facts = facts;
    }

    /**
     * @param supervise steps of PID 1 of {@code run}
     * @param run steps of the command of {@code run}
     */
    void execute(List<Step> steps, List<Step> supervise, List<Step> run) {
        String cwd = launch.cwd() == null ? config.init().cwd().get() : launch.cwd();
        Place cwdPlace = launch.cwd() == null ? config.init().cwd().place() : Place.DEFAULT;
        List<Descriptor> last = new ArrayList<>(List.of(Descriptors.EXEC));
        if (launch.command() != null) {
            last.add(Descriptors.STATUS);
            last.add(Descriptors.IMAGE);
        }
        // This comes first, because /proc/self/fd in the working folder's path must not lead to any of them
        // (CVE-2024-21626).
        steps.add(Step.by(Actor.INIT, "close all descriptors that the program must not have", Place.DEFAULT)
                .call(CLOSE_RANGE, new Arg.AllBut(last), number(-1), number(0))
                .build());
        steps.add(Step.by(Actor.INIT, "go to \"" + cwd + "\"", cwdPlace)
                .call(UMASK, DataArg.mode(022))
                .call(CHDIR, text(cwd))
                .hint(CHDIR, Errno.ENOENT, "the box has no such folder")
                .build());
        if (launch.command() == null) {
            executeInit(steps);
        } else {
            executeCommand(launch.command(), steps, supervise, run);
        }
    }

    private void executeInit(List<Step> steps) {
        List<String> command = new ArrayList<>();
        for (Value<String> word : config.init().cmd()) {
            command.add(word.get());
        }
        Place place = config.init().place().isDefault()
                ? config.rootfs().path().place()
                : config.init().place();
        String program = command.get(0);
        steps.add(Step.by(Actor.INIT, "execute \"" + program + "\"", place)
                .call(RT_SIGPROCMASK, flags(SIG_SETMASK), DataArg.Signals.NONE, Arg.nothing(), number(8))
                .call(EXECVE, text(program), new DataArg.Texts(command), new DataArg.Texts(environment()))
                .hint(EXECVE, Errno.ENOENT, "the box has no \"" + program + "\", or lacks its interpreter or libraries")
                .hint(EXECVE, Errno.EACCES, "it is not executable for the box's user, or on a noexec mount")
                .hint(EXECVE, Errno.ENOEXEC, "it is not a program for this processor, or a script without #!")
                .build());
    }

    /** The names of the variables that a compiled program is given when it runs. */
    private List<String> given() {
        List<String> names = new ArrayList<>();
        for (String variable : launch.environment()) {
            names.add(variable.substring(0, variable.indexOf('=')));
        }
        return names;
    }

    private void executeCommand(List<String> command, List<Step> steps, List<Step> supervise, List<Step> run) {
        List<String> environment = environment();
        steps.add(Step.by(Actor.INIT, "become the small init of \"run\"", Place.DEFAULT)
                .call(FCNTL, fd(Descriptors.EXEC), flags(F_SETFD), number(0))
                .call(FCNTL, fd(Descriptors.STATUS), flags(F_SETFD), number(0))
                .call(
                        EXECVEAT,
                        fd(Descriptors.IMAGE),
                        text(""),
                        new DataArg.Texts(List.of("jbox-init")),
                        command.isEmpty() ? new Arg.ValueOf(Words.HANDED) : new DataArg.Texts(List.of()),
                        flags(AT_EMPTY_PATH))
                .hint(EXECVEAT, Errno.EACCES, "vm.memfd_noexec forbids programs in memory")
                .build());
        SuperviseSteps.add(supervise);
        String what = command.isEmpty() ? "execute the command" : "execute \"" + command.get(0) + "\"";
        Step.Draft step = Step.by(Actor.COMMAND, what, Place.DEFAULT).call(SETSID);
        if (launch.streams().get(0) == Launch.Stream.CONSOLE) {
            step.call(IOCTL, number(0), flags(TIOCSCTTY), number(0));
        }
        step.call(RT_SIGPROCMASK, flags(SIG_SETMASK), DataArg.Signals.NONE, Arg.nothing(), number(8));
        step.call(CLOSE_RANGE, number(3), number(-1), flags(CLOSE_RANGE_CLOEXEC));
        Step.Draft search =
                command.isEmpty() ? Words.search(step, environment, given()) : search(step, command, environment);
        run.add(search.build());
    }

    /** Executes a program, searched for as execvp(3) does. */
    static Step.Draft search(Step.Draft step, List<String> command, List<String> environment) {
        Arg words = new DataArg.Texts(command);
        Arg variables = new DataArg.Texts(environment);
        for (String path : candidates(command.get(0), environment)) {
            step.tolerate(EXECVE, text(path), words, variables);
        }
        return step.add(new Fail(Fail.Reason.NOT_EXECUTED, null))
                .hint(EXECVE, Errno.ENOENT, "the box has no such program, or lacks its interpreter or libraries");
    }

    /** The paths that execvp(3) would try, in the box. */
    static List<String> candidates(String command, List<String> environment) {
        if (command.isEmpty() || command.indexOf('/') >= 0) {
            return List.of(command);
        }
        List<String> candidates = new ArrayList<>();
        for (String folder : Environment.folders(environment)) {
            candidates.add(folder + "/" + command);
        }
        return candidates;
    }

    /** Only TERM comes from the caller; of several variables of one name the last counts. */
    List<String> environment() {
        List<String> all = new ArrayList<>();
        all.add(Environment.PATH);
        all.add("container=jbox");
        if (launch.command() != null) {
            all.add("HOME=" + (config.init().uid().get() == 0 ? "/root" : "/"));
        }
        if (launch.hasConsole()) {
            all.add("TERM=" + (facts.term().isEmpty() ? "linux" : facts.term()));
        }
        for (Value<String> variable : config.init().environment()) {
            all.add(variable.get());
        }
        all.addAll(launch.environment());
        return Environment.lastOfEachName(all);
    }
}
