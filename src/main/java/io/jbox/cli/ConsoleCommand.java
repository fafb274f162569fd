package io.jbox.cli;

import io.jbox.life.ConsoleAttachment;
import io.jbox.problem.JboxException;
import io.jbox.terminal.EscapeKey;
import io.jbox.terminal.SignalRelay;
import io.jbox.terminal.Terminal;
import io.jbox.terminal.TerminalGuard;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code jbox console NAME}: attaches to a box's console. */
final class ConsoleCommand implements Command {
    private static final Option TTY = new Option('t', "tty", "N", "ttyN instead of the console, which is 0");
    private static final Option ESCAPE =
            new Option('e', "escape", "KEY", "the key that detaches when followed by q: ^A to ^Z, or -1 for none");
    private static final int MAX_TTY = 64;

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "console",
                "NAME",
                "joins this terminal to a box's console",
                "Ctrl-a q leaves; the box runs on. Ctrl-a twice is Ctrl-a.\n",
                List.of(TTY, ESCAPE, Option.PATH),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        int tty = arguments.number(TTY, 0, MAX_TTY, 0);
        String escape = arguments.value(ESCAPE);
        EscapeKey key = new EscapeKey(EscapeKey.DEFAULT);
        try {
            key = escape == null ? key : EscapeKey.parse(escape);
        } catch (JboxException e) {
            throw arguments.usage(String.valueOf(e.getMessage()));
        }
        Terminal terminal = Terminal.ofInput();
        try (ConsoleAttachment console =
                surroundings.jbox(arguments).box(arguments.operand("box")).attach(tty)) {
            boolean interactive = terminal.isForeground();
            if (!interactive) {
                console.relay(0, 1, key);
                return 0;
            }
            if (escape == null || !escape.equals("-1")) {
                surroundings.err().println("connected to tty " + tty + "; " + shown(escape) + " q leaves");
            }
            return relay(console, terminal, key, surroundings);
        }
    }

    private static String shown(@Nullable String escape) {
        return escape == null ? "Ctrl-a" : escape;
    }

    private static int relay(ConsoleAttachment console, Terminal terminal, EscapeKey key, Surroundings surroundings) {
        SignalRelay size = new SignalRelay(terminal);
        size.resizeOnChange();
        size.begin(new Nobody(), console.master());
        // Restores the terminal however this process ends.
        try (TerminalGuard ignored = TerminalGuard.of(terminal)) {
            terminal.makeRaw();
            console.relay(0, 1, key);
        } finally {
            terminal.restore();
        }
        surroundings.err().println();
        return 0;
    }

    /** Ignores signals, because keys are passed to the box. */
    private record Nobody() implements SignalRelay.Target {
        @Override
        public void signal(int number) {}
    }
}
