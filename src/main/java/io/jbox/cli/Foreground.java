package io.jbox.cli;

import io.jbox.box.BoxProcess;
import io.jbox.box.ConsoleRelay;
import io.jbox.box.LaunchObserver;
import io.jbox.box.Launcher;
import io.jbox.box.PipeRelay;
import io.jbox.box.RootfsTemplate;
import io.jbox.box.StandardStreams;
import io.jbox.box.Terminal;
import io.jbox.box.WaitStatus;
import io.jbox.config.Config;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.plan.HostFacts;
import io.jbox.plan.Launch;
import io.jbox.plan.Plan;
import io.jbox.plan.Planner;
import io.jbox.problem.JboxException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** A box that lives as long as the command: its console is the caller's terminal, its end the command's. */
final class Foreground {
    /** Those that a JVM lets a program handle; QUIT, USR1, KILL and STOP are not among them. */
    private static final List<String> FORWARDED = List.of("HUP", "INT", "TERM", "USR2");

    private final Surroundings surroundings;
    private final Config config;
    private final LaunchObserver observer;
    private @Nullable BoxProcess running;
    private int early;

    Foreground(Surroundings surroundings, Config config, LaunchObserver observer) {
        this.surroundings = surroundings;
        this.config = config;
        this.observer = observer;
    }

    /**
     * Starts the box and waits for its end.
     *
     * @param signals what the box's first process gets for the first signal to us, by name, before signal.stop; where
     *     it is not there, the signal itself, always
     * @return the exit code
     */
    int run(Launch launch, Map<String, Integer> signals) {
        HostFacts facts = surroundings.facts(config);
        Plan plan = new Planner(config, facts, launch).plan();
        Kernel kernel = NativeKernel.open();
        if (RootfsTemplate.make(plan)) {
            plan = new Planner(config, surroundings.facts(config), launch).plan();
        }
        observer.begins(plan);
        Terminal terminal = new Terminal(kernel, 0);
        boolean interactive = isConsole(launch, 0) && terminal.isForeground();
        forward(signals, interactive ? terminal : null);
        try (BoxProcess box = new Launcher(kernel).launch(plan)) {
            begin(box);
            observer.runs(plan.box(), box.pid());
            List<PipeRelay> outputs = StandardStreams.relay(kernel, box, launch);
            int status =
                    launch.hasConsole() ? relay(kernel, box, launch, interactive ? terminal : null) : box.waitFor();
            for (PipeRelay output : outputs) {
                output.finish();
            }
            observer.ended(plan.box(), status);
            return WaitStatus.exitCode(status);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JboxException("interrupted");
        }
    }

    /** From now on signals reach the box; one that came while it was being made does so at once. */
    private synchronized void begin(BoxProcess box) {
        running = box;
        if (early != 0) {
            box.signal(early);
        }
    }

    private synchronized void deliver(int number) {
        if (running == null) {
            early = number;
        } else {
            running.signal(number);
        }
    }

    private synchronized void resize(Terminal terminal) {
        if (running != null) {
            terminal.copySizeTo(running.console());
        }
    }

    private static boolean isConsole(Launch launch, int standard) {
        return launch.streams().get(standard) == Launch.Stream.CONSOLE;
    }

    private static int relay(Kernel kernel, BoxProcess box, Launch launch, @Nullable Terminal terminal) {
        int input = isConsole(launch, 0) ? 0 : -1;
        int output = isConsole(launch, 1) ? 1 : 2;
        if (terminal == null) {
            return new ConsoleRelay(kernel, box, input, output).run();
        }
        terminal.copySizeTo(box.console());
        terminal.makeRaw();
        try {
            return new ConsoleRelay(kernel, box, input, output).run();
        } finally {
            terminal.restore();
        }
    }

    private void forward(Map<String, Integer> signals, @Nullable Terminal terminal) {
        for (String name : FORWARDED) {
            Signal signal = new Signal(name);
            Signal.handle(
                    signal, new Forwarder(signals.getOrDefault(name, signal.getNumber()), !signals.containsKey(name)));
        }
        if (terminal != null) {
            Signal.handle(new Signal("WINCH"), new Resizer(terminal));
        }
    }

    /** Sends the box a signal for one that we got. */
    private final class Forwarder implements SignalHandler {
        private final int number;
        private final boolean patient;
        private boolean asked;

        /** @param patient whether a second one is like the first, and not the end of the box */
        Forwarder(int number, boolean patient) {
            this.number = number;
            this.patient = patient;
        }

        @Override
        public void handle(Signal signal) {
            deliver(asked && !patient ? config.signal().stop().get().number() : number);
            asked = true;
        }
    }

    /** Gives the console the terminal's new size. */
    private final class Resizer implements SignalHandler {
        private final Terminal terminal;

        Resizer(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public void handle(Signal signal) {
            resize(terminal);
        }
    }
}
