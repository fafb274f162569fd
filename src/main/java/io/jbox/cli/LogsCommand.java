package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.host.LogReader;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.state.BoxState;
import io.jbox.terminal.Terminal;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** {@code jbox logs NAME}: prints the console output of a box. */
final class LogsCommand implements Command {
    private static final Option RAW = new Option('\0', "raw", null, "the raw bytes, even on a terminal");
    private static final Option FOLLOW =
            new Option('f', "follow", null, "continue until the box has stopped, printing new output");
    private static final long STEP_MILLIS = 100;

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "logs",
                        "NAME",
                        "prints a box's console output",
                        "On a terminal only text and colours are shown, because other bytes can make it act as if you typed; --raw prints the\n"
                                + "bytes unchanged.\n",
                        List.of(FOLLOW, RAW, Option.PATH),
                        true)
                .looking();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Jbox jbox = surroundings.jbox(arguments);
        String name = arguments.operand("box");
        List<String> files = jbox.box(name).consoleLogs();
        String log = files.get(1);
        if (!new File(log).exists()) {
            jbox.box(name).check();
            throw new JboxException(
                    name + ": has no console output yet", "there is no " + log + "; was it ever started?");
        }
        LogReader reader = new LogReader(jbox.boxTrees());
        boolean neutral = !arguments.has(RAW) && Terminal.ofOutput().exists();
        OutputStream out = neutral ? new TerminalText(surroundings.out()) : surroundings.out();
        try {
            reader.copy(files.get(0), 0, out);
            long at = reader.copy(log, 0, out);
            while (arguments.has(FOLLOW) && !surroundings.out().checkError()) {
                boolean stopped = jbox.box(name).state() == BoxState.STOPPED;
                if (new File(log).length() < at) {
                    // The log was rotated: the rest of the output is in the older file now.
                    reader.copy(files.get(0), at, out);
                    at = 0;
                }
                at = reader.copy(log, at, out);
                if (stopped) {
                    break;
                }
                Thread.sleep(STEP_MILLIS);
            }
        } catch (IOException e) {
            throw new JboxException(name + ": " + SystemError.of(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return 0;
    }
}
