package io.jbox.cli;

import io.jbox.Box;
import io.jbox.Jbox;
import io.jbox.config.Config;
import io.jbox.config.Signal;
import io.jbox.config.WaitStatus;
import io.jbox.json.Json;
import io.jbox.life.ConsoleAttachment;
import io.jbox.problem.JboxException;
import io.jbox.request.LaunchObserver;
import io.jbox.request.StartRequest;
import io.jbox.terminal.SignalRelay;
import io.jbox.terminal.Terminal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code jbox start NAME…}: starts boxes. */
final class StartCommand implements Command {
    private static final Option FOREGROUND =
            new Option('F', "foreground", null, "stay in the foreground, with the box's console on this terminal");
    private static final Option DAEMON =
            new Option('d', "daemon", null, "return when the box is running; this is the default");
    private static final Option PID_FILE =
            new Option('p', "pidfile", "FILE", "write the process id of the box's init to a file");
    private static final int REBOOTED = 1;
    private static final int HALTED = 2;

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "start",
                "NAME... [-- CMD...]",
                "starts boxes, and returns when they are running",
                "NAME is a path that ends in .yaml, or a defined box, or NAME.yaml here or in JBOX_CONFIG_PATH. With -f it is\n"
                        + "the name of the box. Several boxes are started in parallel. CMD replaces the configuration's init.\n"
                        + "With -F the command ends when the box's init does, with its exit code, or 128 + the signal's number;\n"
                        + "SIGTERM, SIGHUP and SIGINT ask the box to halt (signal.halt), a second one kills it (signal.stop).\n",
                List.of(
                        FOREGROUND,
                        DAEMON,
                        Option.FILE,
                        Option.SET,
                        Option.FROZEN,
                        PID_FILE,
                        Option.PATH,
                        Option.LOG_FILE,
                        Option.LOG_LEVEL,
                        Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<String> names = arguments.operands();
        if (names.isEmpty() && !arguments.has(Option.FILE)) {
            throw arguments.usage("expected a box");
        }
        boolean one = names.size() <= 1;
        if (!one && (arguments.has(Option.FILE) || arguments.has(PID_FILE) || arguments.has(FOREGROUND))) {
            throw arguments.usage("-f, -p and -F are for one box");
        }
        if (arguments.has(Option.FILE) && !names.isEmpty() && names.get(0).endsWith(".yaml")) {
            throw arguments.usage("-f and a second file");
        }
        Jbox jbox = surroundings.jbox(arguments);
        jbox.tidyUp().settle();
        if (one) {
            String name = names.isEmpty() ? "" : names.get(0);
            if (arguments.has(FOREGROUND)) {
                return new Start(jbox, arguments, surroundings, name).foreground();
            }
            String box = background(jbox, arguments, surroundings, name);
            Outcome.print(arguments, surroundings, jbox, List.of(box));
            if (!arguments.has(Option.JSON)
                    && Terminal.ofOutput().exists()
                    && surroundings.isFirst(box, "start", arguments)) {
                surroundings
                        .out()
                        .println(box + " is running: jbox exec " + box + " is a shell in it, jbox stop " + box
                                + " ends it");
            }
            if (names.equals(List.of(box)) && arguments.values(Option.SET).isEmpty()) {
                surroundings.compileLater(names, arguments);
            }
            return 0;
        }
        List<String> started = Collections.synchronizedList(new ArrayList<>());
        try {
            int code = new ForEach(arguments, surroundings).inParallel(names, new ForEach.Action() {
                @Override
                public void run(String name) {
                    started.add(background(jbox, arguments, surroundings, name));
                }
            });
            Outcome.print(arguments, surroundings, jbox, started);
            return code;
        } finally {
            if (arguments.values(Option.SET).isEmpty() && names.containsAll(started)) {
                surroundings.compileLater(started, arguments);
            }
        }
    }

    /** Starts a box in the background, again if another command changed it meanwhile; returns its name. */
    private static String background(Jbox jbox, Arguments arguments, Surroundings surroundings, String name) {
        return Meanwhile.again(new Supplier<>() {
            @Override
            public String get() {
                return new Start(jbox, arguments, surroundings, name).background();
            }
        });
    }

    /** The start of one box. */
    private static final class Start {
        private final Jbox jbox;
        private final Config config;
        private final StartRequest request;
        private final StandardError err;

        Start(Jbox jbox, Arguments arguments, Surroundings surroundings, String name) {
            this.jbox = jbox;
            this.err = new StandardError(surroundings.err());
            String file = surroundings.find(arguments, name);
            List<String> overrides = new ArrayList<>();
            if (arguments.has(Option.FILE) && !name.isEmpty()) {
                overrides.add("name=" + name);
            }
            overrides.addAll(arguments.values(Option.SET));
            if (arguments.has(Option.FILE) && !name.isEmpty() && isNamedLikeItself(surroundings, arguments, file)) {
                overrides.add(1, "uts.name=" + name);
            }
            List<String> rest = arguments.rest();
            if (rest != null && !rest.isEmpty()) {
                StringBuilder words = new StringBuilder();
                for (String word : rest) {
                    words.append(words.isEmpty() ? "" : ", ").append(Json.write(word));
                }
                overrides.add("init.cmd=[" + words + "]");
            }
            this.config = surroundings.loaderToRun(arguments).load(file, overrides);
            @Nullable String pidFile = arguments.value(PID_FILE);
            LaunchObserver observer =
                    new LogRequest(surroundings.jbox(arguments).boxTrees()).observer(arguments, config);
            this.request = new StartRequest(file, overrides, arguments.has(FOREGROUND), pidFile, observer);
        }

        /**
         * Whether a file's box has its own name as its host name: then a different box name also changes the host name.
         */
        private static boolean isNamedLikeItself(Surroundings surroundings, Arguments arguments, String file) {
            Config itself = surroundings.loader(arguments).load(file, List.of());
            return !itself.namespaces().utsName().place().isDefault()
                    && itself.namespaces().utsName().get().equals(itself.name().get());
        }

        /** Starts in the background; returns the box's name. */
        String background() {
            return jbox.start(config, request).name();
        }

        int foreground() {
            Terminal terminal = Terminal.ofInput();
            boolean interactive = terminal.isForeground();
            SignalRelay signals = new SignalRelay(interactive ? terminal : null);
            int halt = config.signal().halt().get().number();
            signals.forward(
                    Map.of(Signal.TERM.number(), halt, Signal.HUP.number(), halt, Signal.INT.number(), halt),
                    config.signal().stop().get().number());
            int reboots = 0;
            StartRequest next = request;
            while (true) {
                Box box = jbox.box(config.name().get());
                long begun = System.nanoTime();
                int status = run(box, next, signals, interactive ? terminal : null);
                request.observer().ended(box.name(), status);
                err.tellOutOfMemory(box.name(), box.oomKills());
                if (status != REBOOTED) {
                    // An init that halts with reboot(2) has finished normally.
                    return status == HALTED ? 0 : WaitStatus.exitCode(status);
                }
                reboots = box.awaitReboot(reboots, System.nanoTime() - begun);
                next = request.byReboot(reboots);
            }
        }

        private int run(Box box, StartRequest once, SignalRelay signals, @Nullable Terminal terminal) {
            try (ConsoleAttachment console = jbox.startForeground(config, once)) {
                signals.begin(new ToBox(box), console == null ? -1 : console.master());
                if (console == null) {
                    return box.awaitEnd();
                }
                if (terminal != null) {
                    terminal.makeRaw();
                }
                try {
                    console.relay(0, 1, null);
                } finally {
                    if (terminal != null) {
                        terminal.restore();
                    }
                }
            }
            return box.awaitEnd();
        }
    }

    private record ToBox(Box box) implements SignalRelay.Target {
        @Override
        public void signal(int number) {
            try {
                box.kill(number);
            } catch (JboxException e) {
                return; // it has just ended
            }
        }
    }
}
