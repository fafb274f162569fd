package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.config.CommandName;
import io.jbox.config.Config;
import io.jbox.config.ImageName;
import io.jbox.config.Value;
import io.jbox.config.WaitStatus;
import io.jbox.launch.BoxProcess;
import io.jbox.life.Runner;
import io.jbox.problem.JboxException;
import io.jbox.request.LaunchObserver;
import io.jbox.request.RunRequest;
import io.jbox.terminal.Foreground;
import io.jbox.terminal.StandardStreams;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code jbox run NAME -- CMD…}: runs one command in a new box. */
final class RunCommand implements Command {
    private static final Option ROOTFS =
            new Option('\0', "rootfs", "DIR", "the root file system, instead of the configuration's");
    private static final Option IMAGE = new Option(
            '\0', "image", "IMAGE", "an image as root file system: alpine:3.20, oci:DIR[:TAG], docker-archive:FILE");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "run",
                "[NAME] [-- CMD...]",
                "runs one program in a new box",
                "Without a name or -f, give --rootfs or --image. An image is fetched unless the store has\n"
                        + "it. With --image and without CMD, the image's own command runs; what it writes is gone at its end.\n"
                        + "PID 1 of the box reaps orphans, forwards signals and passes\n"
                        + "on the exit code (128 + the signal's number for a signal). Of standard input, output and error,\n"
                        + "a terminal becomes the box's own console, /dev/null the box's own /dev/null, and files are relayed\n"
                        + "through pipes.\n",
                List.of(
                        Option.FILE,
                        ROOTFS,
                        IMAGE,
                        Option.TTY,
                        Option.ENV,
                        Option.WORKDIR,
                        Option.SET,
                        Option.FROZEN,
                        Option.PATH,
                        Option.LOG_FILE,
                        Option.LOG_LEVEL,
                        Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        String image = arguments.value(IMAGE);
        List<String> command = image == null || arguments.rest() != null ? command(arguments) : List.of();
        for (String variable : arguments.values(Option.ENV)) {
            if (variable.indexOf('=') <= 0) {
                throw arguments.usage("-e \"" + variable + "\": expected NAME=VALUE");
            }
        }
        String cwd = arguments.value(Option.WORKDIR);
        if (cwd != null && !cwd.startsWith("/")) {
            throw arguments.usage("-w \"" + cwd + "\": expected an absolute path of the box");
        }
        return Meanwhile.again(new Supplier<>() {
            @Override
            public Integer get() {
                return run(command, cwd, arguments, surroundings);
            }
        });
    }

    /**
     * Runs it once.
     *
     * @param command empty for the image's own
     */
    private static int run(List<String> command, @Nullable String cwd, Arguments arguments, Surroundings surroundings) {
        Config config = config(arguments, surroundings);
        Jbox jbox = surroundings.jbox(arguments);
        LaunchObserver observer = new LogRequest(jbox.boxTrees()).observer(arguments, config);
        RunRequest request = RunRequest.of(config, command.isEmpty() ? ownCommand(config) : command)
                .streams(StandardStreams.ofCaller(arguments.has(Option.TTY)))
                .environment(arguments.values(Option.ENV))
                .cwd(cwd)
                .observer(observer)
                .build();
        int status;
        try (Runner runner = jbox.run(request)) {
            try {
                status = new Foreground(request.streams(), false).run(new Run(runner));
            } finally {
                new StandardError(surroundings.err())
                        .tellOutOfMemory(config.name().get(), runner.oomKills());
            }
        }
        observer.ended(config.name().get(), status);
        boolean known = arguments.value(IMAGE) == null
                ? arguments.operands().equals(List.of(config.name().get()))
                : arguments.rest() != null;
        if (known) {
            surroundings.compileLater(config.name().get(), "run", request.streams(), arguments);
        }
        return WaitStatus.exitCode(status);
    }

    private record Run(Runner runner) implements Foreground.Start {
        @Override
        public BoxProcess start() {
            return runner.start();
        }
    }

    /** The words after {@code --}; without it, those after the name. */
    private static List<String> command(Arguments arguments) {
        List<String> rest = arguments.rest();
        if (rest == null || rest.isEmpty()) {
            throw arguments.usage("expected -- and a command");
        }
        return rest;
    }

    /** That of the image. */
    private static List<String> ownCommand(Config config) {
        if (config.init().place().isDefault()) {
            throw new JboxException("the image has no command of its own", "jbox run --image IMAGE -- CMD");
        }
        List<String> command = new ArrayList<>();
        for (Value<String> word : config.init().cmd()) {
            command.add(word.get());
        }
        return command;
    }

    private static Config config(Arguments arguments, Surroundings surroundings) {
        List<String> overrides = new ArrayList<>(arguments.values(Option.SET));
        String image = arguments.value(IMAGE);
        if (image != null) {
            return ofImage(ImageWord.parse(image), overrides, arguments, surroundings);
        }
        String rootfs = arguments.value(ROOTFS);
        if (rootfs != null) {
            overrides.add("rootfs.path=" + rootfs);
        }
        if (arguments.operands().size() > 1) {
            throw arguments.usage("expected one box");
        }
        if (arguments.operands().isEmpty() && !arguments.has(Option.FILE)) {
            if (rootfs == null) {
                throw arguments.usage("expected a box, -f, --rootfs or --image");
            }
            return surroundings.loaderToRun(arguments).loadWithoutFile("run", overrides);
        }
        String name = arguments.operands().isEmpty() ? "" : arguments.operands().get(0);
        String file;
        try {
            file = surroundings.find(arguments, name);
        } catch (JboxException e) {
            throw rootfs == null ? e : arguments.usage("no box \"" + name + "\" is defined; a command goes after --");
        }
        return surroundings.loaderToRun(arguments).load(file, overrides);
    }

    /** An undefined box, whose own files are removed at its end. */
    private static Config ofImage(
            ImageName image, List<String> overrides, Arguments arguments, Surroundings surroundings) {
        if (!arguments.operands().isEmpty() || arguments.has(Option.FILE) || arguments.has(ROOTFS)) {
            throw arguments.usage(
                    "--image cannot be combined with a box, -f or --rootfs; in a configuration file, use rootfs.image");
        }
        String suffix = CommandName.suffix(ProcessHandle.current().pid());
        return new ImageBox(image, surroundings).load(surroundings.loaderToRun(arguments), suffix, overrides);
    }
}
