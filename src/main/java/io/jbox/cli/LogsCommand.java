package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxState;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.List;

/** {@code jbox logs NAME}: what a box said on its console. */
final class LogsCommand implements Command {
    private static final Option FOLLOW =
            new Option('f', "follow", null, "go on until the box has stopped, printing what it says");
    private static final long STEP_MILLIS = 100;
    private static final int BUFFER = 64 * 1024;

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "logs", "NAME", "prints what a box said on its console", "", List.of(FOLLOW, Option.PATH), true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Jbox jbox = surroundings.jbox(arguments);
        String name = arguments.operand("box");
        List<String> files = jbox.box(name).consoleLogs();
        File old = new File(files.get(0));
        File log = new File(files.get(1));
        if (!log.exists()) {
            throw new JboxException(name + ": has said nothing yet", "there is no " + log + "; was it ever started?");
        }
        try {
            copy(old, 0, surroundings);
            long at = copy(log, 0, surroundings);
            while (arguments.has(FOLLOW) && !surroundings.out().checkError()) {
                boolean stopped = jbox.box(name).state() == BoxState.STOPPED;
                if (log.length() < at) {
                    // It was full: what was said is in the older one now.
                    copy(old, at, surroundings);
                    at = 0;
                }
                at = copy(log, at, surroundings);
                if (stopped) {
                    break;
                }
                Thread.sleep(STEP_MILLIS);
            }
        } catch (IOException e) {
            throw new JboxException(name + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return 0;
    }

    /** Prints a file from an offset on; returns where it ended. */
    private static long copy(File file, long offset, Surroundings surroundings) throws IOException {
        if (!file.exists()) {
            return 0;
        }
        try (RandomAccessFile in = new RandomAccessFile(file, "r")) {
            in.seek(Math.min(offset, in.length()));
            byte[] buffer = new byte[BUFFER];
            for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
                surroundings.out().write(buffer, 0, count);
            }
            surroundings.out().flush();
            return in.getFilePointer();
        }
    }
}
