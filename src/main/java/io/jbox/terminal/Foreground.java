package io.jbox.terminal;

import io.jbox.facts.Launch;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.launch.BoxProcess;
import io.jbox.plan.ForegroundSteps;
import io.jbox.problem.JboxException;
import io.jbox.program.EffectVisitor;
import io.jbox.program.ForegroundEffect;
import io.jbox.program.Step;
import io.jbox.uapi.Constants;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs a program in a box in the foreground: its console is the caller's terminal, its exit code the command's. */
public final class Foreground {
    private final Kernel kernel;
    private final List<Launch.Stream> streams;
    private final boolean outlived;
    private final Terminal terminal;
    private final boolean interactive;
    private final SignalRelay signals;

    /** Starts the program, and returns when it is running. */
    public interface Start {
        BoxProcess start();
    }

    /**
     * @param streams the program's standard descriptors
     * @param outlived whether other processes may continue to write after the program has ended; they are not waited
     *     for
     */
    public Foreground(List<Launch.Stream> streams, boolean outlived) {
        this.kernel = NativeKernel.open();
        this.streams = streams;
        this.outlived = outlived;
        this.terminal = Terminal.ofInput();
        this.interactive = isConsole(0) && terminal.isForeground();
        this.signals = new SignalRelay(interactive ? terminal : null);
    }

    private boolean isConsole(int standard) {
        return streams.get(standard) == Launch.Stream.CONSOLE;
    }

    /** Runs the program to its end; returns its raw wait status. */
    public int run(Start start) {
        signals.forward(Map.of(), 0);
        if (outlived) {
            signals.doNotWait();
        }
        try (BoxProcess process = start.start()) {
            Fd console = process.console();
            Attendance attendance = new Attendance(process, console);
            for (Step step : ForegroundSteps.of(streams)) {
                step.effects().forEach(effect -> effect.by(attendance));
            }
            return attendance.status;
        }
    }

    /** What the plan says that jbox does while the command runs. */
    private final class Attendance implements EffectVisitor {
        private final BoxProcess process;
        private final @Nullable Fd console;
        private final StandardStreams carried;
        private int status;

        Attendance(BoxProcess process, @Nullable Fd console) {
            this.process = process;
            this.console = console;
            this.carried = new StandardStreams(kernel, process, outlived);
        }

        @Override
        public void forwardSignals(ForegroundEffect.ForwardSignals effect) {
            signals.begin(new ToProcess(kernel, process), console == null ? -1 : console.number());
        }

        @Override
        public void carry(ForegroundEffect.Carry effect) {
            carried.carry(effect.standard(), effect.pipe());
        }

        @Override
        public void carryTerminal(ForegroundEffect.CarryTerminal effect) {
            if (console != null) {
                relay(process, console);
            }
        }

        @Override
        public void awaitEnd(ForegroundEffect.AwaitEnd effect) {
            status = process.waitFor();
            try {
                carried.finish();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new JboxException("interrupted");
            }
        }
    }

    private record ToProcess(Kernel kernel, BoxProcess process) implements SignalRelay.Target {
        @Override
        public void signal(int number) {
            if (number == Constants.SIGTSTP) {
                if (!process.stop()) {
                    return;
                }
                // Ctrl-Z stops a whole pipeline, in which this process represents the program.
                OwnProcess.stop(kernel);
            } else if (SignalRelay.ENDING.contains(number)) {
                if (!process.end(number)) {
                    // Only output to a slow reader is left, and the user does not want to wait for it.
                    SignalReader.endProcess(SignalRelay.SIGNALLED + number);
                }
            } else {
                process.signal(number);
            }
        }
    }

    private void relay(BoxProcess process, Fd console) {
        ConsoleRelay relay = new ConsoleRelay(
                kernel,
                console,
                process.pidfd(),
                isConsole(0) ? Fd.borrowed(kernel, 0) : null,
                // If no output is a terminal, what the program writes to its terminal still goes to ours.
                Fd.borrowed(kernel, isConsole(1) ? 1 : isConsole(2) ? 2 : 0),
                new InterruptKey(process),
                null);
        if (!interactive) {
            relay.run();
            return;
        }
        try (TerminalGuard ignored = TerminalGuard.of(terminal)) {
            terminal.makeRaw();
            try {
                relay.run();
            } finally {
                terminal.restore();
            }
        }
    }
}
