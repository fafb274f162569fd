package io.jbox.testhost;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.cli.InProcess;
import io.jbox.config.BoxFolders;
import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFacts;
import io.jbox.host.HostFactsReader;
import io.jbox.ids.IdPool;
import io.jbox.plan.Planner;
import io.jbox.program.Plan;
import io.jbox.schema.ConfigLoader;
import io.jbox.schema.DevSource;
import io.jbox.schema.ImageSource;
import io.jbox.yaml.DocumentCache;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * The private host that src/test/test-host/bin/java puts the integration tests in: what it has, and what it looks like
 * at a moment.
 */
public final class TestHost {
    /** The root file system that all examples share. */
    public static final String ROOTFS = "/var/lib/jbox/bbox/rootfs";

    /** Whether the tests are run the other way: by the programs of boxes wherever there can be one. */
    public static final boolean COMPILED = Boolean.getBoolean("jbox.test.compiled");

    private static final int TIMEOUT_SECONDS = 60;

    private TestHost() {}

    /** What a command has done. */
    public record Result(int exitCode, String out, String err) {}

    /** Skips the test outside a test host, and makes the root file system on first use. */
    public static void require() {
        String lacks = System.getenv("JBOX_TEST_LACKS");
        assumeTrue(
                System.getenv("JBOX_TEST_HOST") != null,
                "needs a test host: " + (lacks == null ? "root" : "packages " + lacks));
        if (!new File(ROOTFS).exists()) {
            Result result = run(List.of("rootfs-scripts/busybox.sh", ROOTFS), Map.of());
            if (result.exitCode != 0) {
                throw new IllegalStateException(result.err);
            }
        }
    }

    /**
     * Runs a command of jbox: in the JVM of the tests where that makes no difference, for there are so many of them that their
     * JVMs would take most of the time. Tests that are about a command as a process use {@link #process}.
     */
    public static Result jbox(String... arguments) {
        Result executed = InProcess.executes(arguments) ? InProcess.exec(arguments) : null;
        if (executed != null) {
            return executed;
        }
        return InProcess.takes(arguments) ? InProcess.jbox(arguments) : process(arguments);
    }

    /** Runs bin/jbox with the JVM that the tests run on. */
    public static Result process(String... arguments) {
        return run(command(arguments), Map.of());
    }

    /** The words of a jbox command. */
    public static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(COMPILED ? "src/test/test-host/bin/compiled" : "bin/jbox"));
        command.addAll(List.of(arguments));
        return command;
    }

    /** The same, with no signal ignored: who runs the tests may do so under nohup(1). */
    public static List<String> signalled(String... arguments) {
        List<String> command = new ArrayList<>(List.of("env", "--default-signal"));
        command.addAll(command(arguments));
        return command;
    }

    /** A builder for a command that a test wants to do more with. */
    public static ProcessBuilder builder(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        if (COMPILED) {
            // With a variable for jbox no program is executed.
            builder.environment().keySet().removeIf(name -> name.startsWith("JBOX_"));
        } else {
            builder.environment().put("JBOX_TRACE", "1");
        }
        return builder;
    }

    /** Runs a command, with its standard input from /dev/null. */
    public static Result run(List<String> command, Map<String, String> environment) {
        ProcessBuilder builder = builder(command);
        builder.environment().putAll(environment);
        builder.redirectInput(new File("/dev/null"));
        try {
            Path err = Files.createTempFile("err", null);
            Process process = builder.redirectError(err.toFile()).start();
            String out = new String(output(process), StandardCharsets.UTF_8);
            return new Result(exitCode(process), out, Files.readString(err));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a command writes until nobody can any more; a test whose command never comes to that fails. */
    public static byte[] output(Process process) {
        return readAll(process, process.getInputStream());
    }

    /** The same of its standard error. */
    public static byte[] errors(Process process) {
        return readAll(process, process.getErrorStream());
    }

    private static byte[] readAll(Process process, InputStream stream) {
        // A pipe cannot be read with a deadline; a thread can be waited for with one.
        CompletableFuture<byte[]> all = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            try {
                byte[] bytes = stream.readAllBytes();
                stream.close();
                all.complete(bytes);
            } catch (IOException e) {
                all.completeExceptionally(e);
            }
        });
        reader.setDaemon(true);
        reader.start();
        try {
            return all.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw tooLong(process);
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits for a command; one that does not end fails the test. */
    public static int exitCode(Process process) {
        try {
            if (process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                return process.exitValue();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        throw tooLong(process);
    }

    /** Kills a process, and waits until it is no longer our child. */
    public static void end(Process process) {
        process.destroyForcibly().onExit().join();
    }

    private static IllegalStateException tooLong(Process process) {
        String all = String.join("\n", census());
        process.destroyForcibly();
        return new IllegalStateException(process + " takes too long; there are\n" + all);
    }

    /** Every process of this test host: its ids, its state, where it waits in the kernel, its command line. */
    private static List<String> census() {
        List<String> all = new ArrayList<>();
        for (String line : processes("")) {
            String pid = line.substring(0, line.indexOf(' '));
            try {
                String stat = Files.readString(Path.of("/proc", pid, "stat"));
                String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                String where = Files.readString(Path.of("/proc", pid, "wchan"));
                all.add("parent " + fields[1] + " " + fields[0] + " " + where + " " + line);
            } catch (IOException e) {
                continue; // it ended
            }
        }
        return all;
    }

    /** The plan of a configuration file, with the facts of this host. */
    public static Plan plan(String path, Launch launch, String... overrides) {
        Config config = new ConfigLoader(
                        new DocumentCache(null), new BoxFolders("/var/lib/jbox"), ImageSource.NONE, DevSource.NOBODY)
                .load(path, List.of(overrides));
        return new Planner(
                        config,
                        new HostFactsReader("rootfs-scripts", List.of())
                                .read(config, List.of(IdMapping.range(IdPool.DEFAULT_FIRST)), NetworkFacts.NONE),
                        launch)
                .plan();
    }

    /** What a box may leave behind: mounts, interfaces, names below /var/lib/jbox, this JVM's children and descriptors. */
    public static List<String> state() {
        InProcess.bury();
        List<String> state = new ArrayList<>();
        state.addAll(lines("/proc/self/mountinfo"));
        state.addAll(names(Path.of("/sys/class/net")));
        try (Stream<Path> files = Files.walk(Path.of("/var/lib/jbox"), 2)) {
            // Which ids are whose outlives boxes.
            files.map(Path::toString)
                    .filter(file -> !file.contains("/.ids"))
                    .sorted()
                    .forEach(state::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ProcessHandle.current().children().map(child -> "child " + child.pid()).forEach(state::add);
        descriptors().stream().sorted().map(kind -> "descriptor of " + kind).forEach(state::add);
        return state;
    }

    /** The kinds of files that this JVM's descriptors lead to, without those of the JVM's own that come and go. */
    private static List<String> descriptors() {
        List<String> targets = new ArrayList<>();
        for (String name : names(Path.of("/proc/self/fd"))) {
            try {
                String target =
                        Files.readSymbolicLink(Path.of("/proc/self/fd", name)).toString();
                if (target.startsWith("pipe:")
                        || target.contains("memfd")
                        || target.contains("pidfd")
                        || target.contains("/dev/pt")
                        || target.startsWith("/var/lib/jbox")) {
                    // Which pipe it is differs from one time to the next.
                    targets.add(target.replaceAll(":\\[[0-9]+]", ""));
                }
            } catch (IOException e) {
                continue; // the descriptor of the listing itself
            }
        }
        return targets;
    }

    /** The processes of this test host whose command line has a text in it. */
    public static List<String> processes(String text) {
        List<String> found = new ArrayList<>();
        for (String pid : names(Path.of("/proc"))) {
            try {
                if (pid.matches("[0-9]+")) {
                    String line =
                            Files.readString(Path.of("/proc", pid, "cmdline")).replace('\0', ' ');
                    if (line.contains(text)) {
                        found.add(pid + " " + line);
                    }
                }
            } catch (IOException e) {
                continue; // it ended
            }
        }
        return found;
    }

    /** The names of this JVM's threads, as the kernel knows them. */
    public static List<String> threads() {
        List<String> threads = new ArrayList<>();
        for (String id : names(Path.of("/proc/self/task"))) {
            try {
                threads.add(
                        Files.readString(Path.of("/proc/self/task", id, "comm")).strip());
            } catch (IOException e) {
                continue; // it ended
            }
        }
        return threads;
    }

    public static List<String> lines(String path) {
        try {
            return Files.readAllLines(Path.of(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> names(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
