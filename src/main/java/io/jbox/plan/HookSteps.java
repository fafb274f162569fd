package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Fail;
import io.jbox.program.Fork;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs the hooks in the box's namespaces (lxc.container.conf(5), "CONTAINER HOOKS"): pre-mount, mount and autodev see
 * the host's files and the box's mounts, start sees the box.
 *
 * <p>INIT clones each as a child that shares its memory, and waits for it on a pidfd, which allows a time limit.
 */
final class HookSteps {
    private final Config config;
    private final Launch launch;
    private final HostFacts facts;

    HookSteps(Config config, Launch launch, HostFacts facts) {
        this.config = config;
        this.launch = launch;
        this.facts = facts;
    }

    /** Whether there are hooks that need a path to the root before it is the box's only root. */
    static boolean needRootfsPath(Config config) {
        return !config.hooks().of("mount").isEmpty()
                || !config.hooks().of("autodev").isEmpty();
    }

    /** Whether any hook runs in the box. */
    boolean any() {
        return launch.supervision() != null
                && (needRootfsPath(config)
                        || !config.hooks().of("pre-mount").isEmpty()
                        || !config.hooks().of("start").isEmpty());
    }

    /** Runs the start-host hooks once everything is set up: INIT notifies jbox, and waits. */
    void startHost(List<Step> steps) {
        if (launch.supervision() == null || config.hooks().of("start-host").isEmpty()) {
            return;
        }
        steps.add(Step.by(Actor.INIT, "wait for the start-host hooks", Place.DEFAULT)
                .call(WRITE, fd(Descriptors.EXEC), text("R"), number(1))
                .add(
                        READ,
                        Call.Outcome.MUST_BE_POSITIVE,
                        null,
                        fd(Descriptors.SYNC),
                        new Arg.Cell("sync-byte", 8),
                        number(1))
                .build());
    }

    /** Runs the scripts of the new interfaces, as host programs. */
    void scriptsUp(NetworkFacts network, List<Step> steps) {
        if (launch.supervision() != null) {
            scriptsUp(config, launch.supervision(), 0, network, steps);
        }
    }

    /** @param first number of the first configured interface */
    static void scriptsUp(
            Config config, Launch.Supervision supervision, int first, NetworkFacts network, List<Step> steps) {
        for (Interface one : Interface.of(config.name().get(), config.net(), first, network)) {
            Value<String> script = one.scriptUp();
            if (script == null) {
                continue;
            }
            List<String> environment = HookEnvironment.of(config, "up", supervision);
            Interface.addTo(environment, "up", one.type(), one.link(), one.pair());
            String line = Interface.scriptLine(config.name().get(), "up", one.type(), one.hostName(), script.get());
            steps.add(Step.by(Actor.JBOX, "script.up \"" + script.get() + "\"", script.place())
                    .add(new Effect.Hook(line, environment))
                    .build());
        }
    }

    /** Runs the hooks that are host programs. */
    void onHost(String stage, List<Step> steps) {
        if (launch.supervision() == null) {
            return;
        }
        for (Value<String> command : config.hooks().of(stage)) {
            String line = HookEnvironment.line(config.name().get(), stage, command.get());
            List<String> environment = HookEnvironment.of(config, stage, launch.supervision());
            steps.add(Step.by(Actor.JBOX, "hook " + stage + " \"" + command.get() + "\"", command.place())
                    .add(new Effect.Hook(line, environment))
                    .build());
        }
    }

    void run(String stage, List<Step> steps) {
        if (launch.supervision() == null) {
            return;
        }
        int number = 0;
        for (Value<String> command : config.hooks().of(stage)) {
            steps.add(hook(stage, command, stage + number++));
        }
    }

    private Step hook(String stage, Value<String> command, String name) {
        long seconds = config.hooks().timeout().get();
        String line = HookEnvironment.line(config.name().get(), stage, command.get());
        Arg.Cell pid = new Arg.Cell(name + "-pid", 8);
        Arg.Cell pidfd = new Arg.Cell(name + "-pidfd", 8);
        Arg.Cell status = new Arg.Cell(name + "-status", 8);
        // Not clone3, which a system call filter has to refuse. The child writes the pid, because the pidfd takes the
        // place of parent_tid; child_tid is last on aarch64, and last but one on x86-64.
        boolean last = facts.processor().equals("aarch64");
        Call fork = Call.must(
                CLONE,
                flags(CLONE_VM, CLONE_PIDFD, CLONE_CHILD_SETTID, SIGCHLD),
                number(0),
                pidfd,
                last ? number(0) : pid,
                last ? pid : number(0));
        // Nothing of the host goes into the box, not even its /dev/null.
        boolean inBox = stage.equals("start");
        Descriptor output = inBox ? Descriptors.CONSOLE : Descriptors.LOG;
        List<Statement> child = new ArrayList<>(List.of(Call.must(SETSID), Call.must(UMASK, DataArg.mode(022))));
        if (!inBox || launch.hasConsole()) {
            child.add(Call.must(DUP3, fd(inBox ? output : Descriptors.NULL_DEVICE), number(0), number(0)));
            child.add(Call.must(DUP3, fd(output), number(1), number(0)));
            child.add(Call.must(DUP3, fd(output), number(2), number(0)));
        }
        child.add(Call.must(CLOSE_RANGE, number(3), number(-1), flags(CLOSE_RANGE_CLOEXEC)));
        child.add(Call.must(RT_SIGPROCMASK, flags(SIG_SETMASK), DataArg.Signals.NONE, Arg.nothing(), number(8)));
        child.add(Call.must(
                EXECVE,
                text("/bin/sh"),
                new DataArg.Texts(List.of("sh", "-c", line)),
                new DataArg.Texts(HookEnvironment.of(config, stage, launch.supervision()))));
        Call wait = Call.must(
                PPOLL,
                struct(new Arg.Field("fd", 4, new Arg.ValueOf(pidfd)), new Arg.Field("events", 4, flags(POLLIN))),
                number(1),
                struct(Arg.Field.of("tv_sec", number(seconds)), Arg.Field.of("tv_nsec", number(0))),
                Arg.nothing(),
                number(8));
        return Step.by(Actor.INIT, "hook " + stage + " \"" + command.get() + "\"", command.place())
                .add(
                        Fork.of(fork, child),
                        Branch.when(wait, Sign.ZERO, new Fail(Fail.Reason.LATE, null)),
                        Call.must(WAIT4, new Arg.ValueOf(pid), status, flags(__WALL), Arg.nothing()),
                        Branch.when(Memory.add(status, 0), Sign.NOT_ZERO, new Fail(Fail.Reason.STATUS, status)))
                .hint(Fail.Reason.LATE, "hook.timeout is " + seconds + " s")
                .hint(Fail.Reason.STATUS, inBox ? "its output is on the console" : "its output is in " + logOf(launch))
                .build();
    }

    private static String logOf(Launch launch) {
        Launch.Supervision supervision = launch.supervision();
        return supervision == null ? "the log" : supervision.folder() + "/log";
    }
}
