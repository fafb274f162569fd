package io.jbox.cli;

import io.jbox.BoxCommand;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.problem.JboxException;
import io.jbox.request.ExecRequest;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Runs commands in this JVM, where that makes no difference: those that use no standard streams. The
 * start of a JVM takes more of a processor's time than nearly all that the tests do.
 */
public final class InProcess {
    private static final Set<String> COMMANDS = Set.of(
            "audit",
            "check",
            "commit",
            "config",
            "copy",
            "create",
            "destroy",
            "diff",
            "export",
            "freeze",
            "info",
            "lock",
            "logs",
            "ls",
            "net",
            "pid",
            "plan",
            "rename",
            "reset",
            "stop",
            "store",
            "unfreeze",
            "wait");

    /** The monitors of boxes that this JVM has started, which are its children. */
    private static final Set<Integer> MONITORS = new TreeSet<>();

    private InProcess() {}

    /** Whether a command may run here: a box that it starts has a monitor that is this JVM's child. */
    public static boolean takes(String... words) {
        if (TestHost.COMPILED || words.length == 0) {
            return false;
        }
        List<String> all = List.of(words);
        return COMMANDS.contains(words[0])
                || words[0].equals("start") && !all.contains("-F") && !all.contains("--foreground");
    }

    /** Whether a command may run here that is {@code exec BOX [--] COMMAND…} without any option. */
    public static boolean executes(String... words) {
        return !TestHost.COMPILED
                && words.length > 2
                && words[0].equals("exec")
                && !words[1].startsWith("-")
                && (words[2].equals("--") ? words.length > 3 : !words[2].startsWith("-"));
    }

    /**
     * Executes that by the library.
     *
     * @return null if that fails: bin/jbox has the words for it
     */
    public static @Nullable Result exec(String... words) {
        List<String> all = List.of(words).subList(words[2].equals("--") ? 3 : 2, words.length);
        PrintStream errors = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        Surroundings surroundings = surroundings(errors, errors);
        Arguments arguments =
                Arguments.parse(new ExecCommand().spec(), List.of(words).subList(1, words.length));
        ExecRequest request = ExecRequest.of(all).build();
        BoxCommand command;
        try {
            command = surroundings.jbox(arguments).box(words[1]).exec(request);
        } catch (JboxException e) {
            return null;
        }
        try (command) {
            command.standardInput().close();
            CompletableFuture<byte[]> out = read(command.standardOutput());
            byte[] err = read(command.standardError()).join();
            return new Result(
                    command.waitFor(),
                    new String(out.join(), StandardCharsets.UTF_8),
                    new String(err, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CompletableFuture<byte[]> read(InputStream stream) {
        CompletableFuture<byte[]> all = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            try (stream) {
                all.complete(stream.readAllBytes());
            } catch (IOException | RuntimeException e) {
                all.completeExceptionally(e);
            }
        });
        reader.setDaemon(true);
        reader.start();
        return all;
    }

    /** Takes monitors that have ended off the kernel's list of our children. */
    public static synchronized void bury() {
        ProcessHandle.current()
                .children()
                .map(child -> (int) child.pid())
                .filter(child -> name(child).equals("jbox-monitor"))
                .forEach(MONITORS::add);
        Kernel kernel = NativeKernel.open();
        MONITORS.removeIf(pid -> kernel.call(Syscall.WAIT4, pid, 0, Constants.WNOHANG, 0) != 0);
    }

    private static String name(int process) {
        try {
            return Files.readString(Path.of("/proc/" + process + "/comm")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /** Runs it. */
    public static Result jbox(String... words) {
        bury();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
        Surroundings surroundings = surroundings(new PrintStream(out, false, StandardCharsets.UTF_8), errors);
        int code = Main.run(List.of(words), surroundings);
        bury();
        surroundings.out().flush();
        errors.flush();
        return new Result(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static Surroundings surroundings(PrintStream out, PrintStream errors) {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.put("JBOX_TRACE", "1");
        return new Surroundings(out, errors, environment, new File("").getAbsolutePath(), true, new TidyUp(errors));
    }

    /** What {@link DetachedTidyUp} does; but the tests' own JVM must not be the one that jbox takes. */
    private static final class TidyUp implements Runnable {
        private final PrintStream errors;
        private boolean begun;

        TidyUp(PrintStream errors) {
            this.errors = errors;
        }

        @Override
        public void run() {
            if (begun) {
                return;
            }
            begun = true;
            List<String> detached = new ArrayList<>(List.of("sh", "-c", "\"$@\" </dev/null >/dev/null 2>&1 &", "sh"));
            detached.addAll(TestHost.command("tidy-up"));
            TestHost.run(detached, Map.of());
            errors.println("jbox: cleaning up, in the background, after a jbox that was killed");
        }
    }
}
