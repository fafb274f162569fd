package io.jbox.cli;

import io.jbox.Box;
import io.jbox.Jbox;
import io.jbox.config.Config;
import io.jbox.config.WaitStatus;
import io.jbox.launch.BoxProcess;
import io.jbox.life.AgentRelay;
import io.jbox.life.DevSession;
import io.jbox.life.Developers;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.request.ExecRequest;
import io.jbox.request.LaunchObserver;
import io.jbox.request.StartRequest;
import io.jbox.request.StopRequest;
import io.jbox.schema.Locks;
import io.jbox.state.BoxState;
import io.jbox.terminal.Foreground;
import io.jbox.terminal.Terminal;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;

/** {@code jbox dev [FILE] [-- CMD…]}: a shell or a command in a project's own box, as the caller. */
final class DevCommand implements Command {
    private static final Option REMOVE = new Option(
            '\0',
            "rm",
            null,
            "at the end, stop the box with all that runs in it, and remove its files; the project and caches stay");
    private static final Option STOP = new Option('\0', "stop", null, "stop the box, and do nothing else");
    private static final Option ALLOW =
            new Option('\0', "allow", null, "use the file although it has changed since the last time");
    private static final String FILE = "dev.yaml";
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "dev",
                "[FILE] [-- CMD...]",
                "a shell, or a command, in a project's own box",
                "FILE is the project's dev.yaml; by default the one in this folder or the nearest folder above it. The box\n"
                        + "is started unless it runs, and stays until --stop. The command has the caller's user, group, name and\n"
                        + "home, and begins in the same folder. Under sudo the caller is the user who ran sudo. Without sudo, root\n"
                        + "works as the owner of the project's folder, and names FILE if that is another user. Files made in the project are\n"
                        + "the caller's. The exit code is the command's. For root in the box: jbox exec NAME.\n",
                List.of(
                        REMOVE,
                        STOP,
                        ALLOW,
                        Option.FROZEN,
                        Option.TTY,
                        Option.ENV,
                        Option.SET,
                        Option.PATH,
                        Option.LOG_FILE,
                        Option.LOG_LEVEL),
                false);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        if (arguments.operands().size() > 1) {
            throw arguments.usage("expected one file, then -- and a command");
        }
        for (String variable : arguments.values(Option.ENV)) {
            if (variable.indexOf('=') <= 0) {
                throw arguments.usage("-e \"" + variable + "\": expected NAME=VALUE");
            }
        }
        String file = arguments.operands().isEmpty()
                ? surroundings.findAbove(arguments, FILE)
                : arguments.operands().get(0);
        if (new File(file).isDirectory()) {
            file = Path.of(file, FILE).toString();
        }
        List<String> overrides = arguments.values(Option.SET);
        Jbox jbox = surroundings.jbox(arguments);
        if (arguments.has(STOP)) {
            Config named = surroundings.loader(arguments).with(Locks.IGNORED).load(file, overrides);
            jbox.box(named.name().get()).stop(StopRequest.orderly());
            return 0;
        }
        String described = file;
        // Another terminal may just have ended the box and removed its files, or written its lock.
        Queue<Developers.Use> allowed =
                new ArrayDeque<>(arguments.has(ALLOW) ? List.of(Developers.Use.ALLOW) : List.of());
        Begun begun = Meanwhile.again(() -> {
            // What is changed after that was not allowed.
            Developers.Use use = allowed.isEmpty() ? Developers.Use.START : allowed.remove();
            return begin(arguments, surroundings, jbox, described, use);
        });
        Box box = begun.box();
        Config config = begun.config();
        boolean started = begun.started();
        DevSession session = begun.session();
        if (!started && arguments.has(REMOVE)) {
            throw new JboxException(
                    box.name() + ": runs already, and --rm is for a box that it starts", "jbox dev --stop");
        }
        if (!started && new File(file).lastModified() > box.started()) {
            surroundings
                    .err()
                    .println("jbox: " + file + " has changed since " + box.name()
                            + " was started: jbox dev --stop, and start it again, to work with what it says now");
        }
        if (started && !arguments.has(REMOVE) && Terminal.ofOutput().exists()) {
            surroundings.err().println(box.name() + " is running: jbox dev --stop ends it");
        }
        List<String> rest = arguments.rest();
        ExecRequest.Builder command = ExecRequest.of(rest == null ? List.of() : rest)
                .streams(ExecCommand.streams(arguments, false))
                .user(session.user())
                .cwd(session.folder(Path.of("").toAbsolutePath().normalize().toString()));
        try (AgentRelay agent = session.agent(
                box.name(),
                box.pid(),
                surroundings.stateFolder(),
                line -> surroundings.err().println("jbox: " + line))) {
            List<String> environment = new ArrayList<>(session.environment());
            if (agent != null) {
                environment.add(agent.variable());
            }
            environment.addAll(arguments.values(Option.ENV));
            ExecRequest request = command.environment(environment).build();
            int status = new Foreground(request.streams(), true).run(new Session(box, request));
            return WaitStatus.exitCode(status);
        } finally {
            if (arguments.has(REMOVE)) {
                box.stop(StopRequest.orderly());
                box.files().of(config).reset();
            }
        }
    }

    /** @param started whether it did not run before */
    private record Begun(Box box, Config config, DevSession session, boolean started) {}

    private static Begun begin(
            Arguments arguments, Surroundings surroundings, Jbox jbox, String file, Developers.Use use) {
        List<String> overrides = arguments.values(Option.SET);
        Config config = surroundings.loaderToRun(arguments, use).load(file, overrides);
        Config.Dev dev = config.dev();
        if (dev == null) {
            throw new JboxException(new Problem(
                    file + " describes no environment to work in", config.place(), "add \"dev: {}\" to it"));
        }
        if (arguments.has(REMOVE) && !config.rootfs().path().get().isOverlay()) {
            throw new JboxException(new Problem(
                    "--rm: changes to the root file system could not be undone: it is neither an image nor an overlay",
                    config.rootfs().path().place(),
                    "\"rootfs: {image: ...}\", or jbox dev without --rm"));
        }
        jbox.tidyUp().settle();
        Box box = jbox.box(config.name().get());
        DevSession session = new DevSession(dev);
        LaunchObserver observer = new LogRequest(jbox.boxTrees()).observer(arguments, config);
        boolean started = start(jbox, box, config, new StartRequest(file, overrides, false, null, observer));
        return new Begun(box, config, session, started);
    }

    /** @return whether it did not run before */
    private static boolean start(Jbox jbox, Box box, Config config, StartRequest request) {
        while (true) {
            BoxState state = box.state();
            if (state == BoxState.RUNNING) {
                box.requireConfig(request.config());
                return false;
            }
            if (state == BoxState.FROZEN || state == BoxState.FREEZING) {
                throw new JboxException(box.name() + ": is frozen", "jbox unfreeze " + box.name());
            }
            if (state == BoxState.STARTING || state == BoxState.STOPPING || state == BoxState.ABORTING) {
                if (!box.await(Set.of(BoxState.RUNNING, BoxState.STOPPED), PATIENCE)) {
                    throw new JboxException(box.name() + ": has been " + box.state() + " for a minute");
                }
                continue;
            }
            try {
                jbox.start(config, request);
                return true;
            } catch (JboxException e) {
                // Another terminal was faster.
                if (box.state() != BoxState.RUNNING && box.state() != BoxState.STARTING) {
                    throw e;
                }
            }
        }
    }

    private record Session(Box box, ExecRequest request) implements Foreground.Start {
        @Override
        public BoxProcess start() {
            return box.exec(request).process();
        }
    }
}
