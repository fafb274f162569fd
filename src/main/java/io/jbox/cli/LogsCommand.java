package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.host.HostPaths;
import io.jbox.kernel.Errno;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.state.BoxState;
import io.jbox.terminal.Terminal;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.util.List;

/** {@code jbox logs NAME}: prints the console output of a box. */
final class LogsCommand implements Command {
    private static final Option RAW = new Option('\0', "raw", null, "the raw bytes, even on a terminal");
    private static final Option FOLLOW =
            new Option('f', "follow", null, "continue until the box has stopped, printing new output");
    private static final long STEP_MILLIS = 100;
    private static final int BUFFER = 64 * 1024;

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "logs",
                        "NAME",
                        "prints a box's console output",
                        "On a terminal only text and colours are shown, because a box could make the terminal type; --raw prints the\n"
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
        Reader reader = new Reader(new HostPaths(NativeKernel.open(), List.of(), jbox.boxTrees()));
        boolean neutral = !arguments.has(RAW) && new Terminal(NativeKernel.open(), 1).exists();
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

    /** Reads logs, which a box may be able to replace by a link or a pipe. */
    private record Reader(HostPaths paths) {
        /** Prints a file from an offset on; returns the end offset. */
        long copy(String path, long offset, OutputStream out) throws IOException {
            int descriptor = paths.read(path);
            if (descriptor == -Errno.ENOENT) {
                return 0;
            }
            if (descriptor < 0) {
                throw new JboxException(
                        path + ": "
                                + (descriptor == -Errno.EINVAL ? "is not a regular file" : Errno.describe(-descriptor)),
                        descriptor == -Errno.ELOOP
                                ? "a part of the path is a symbolic link that others can change: read the path it leads to"
                                : null);
            }
            try (RandomAccessFile in = new RandomAccessFile("/proc/self/fd/" + descriptor, "r")) {
                in.seek(Math.min(offset, in.length()));
                byte[] buffer = new byte[BUFFER];
                for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
                    out.write(buffer, 0, count);
                }
                out.flush();
                return in.getFilePointer();
            } finally {
                NativeKernel.open().call(Syscall.CLOSE, descriptor);
            }
        }
    }
}
