package io.jbox.testhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.TestHost.Result;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Boxes for tests: all on the one busybox root file system, read-only but for /tmp. */
public final class Boxes {
    private static final Path FOLDER = Path.of("/run/boxes");
    private static final long PATIENCE_MILLIS = 20_000;
    private static final int SIGPWR = 30;

    private Boxes() {}

    /** Writes a configuration; returns its path. */
    public static String define(String name, String... lines) {
        return defineWith("{path: " + TestHost.ROOTFS + "}", name, lines);
    }

    /** The same with another root file system. */
    public static String defineWith(String rootfs, String name, String... lines) {
        try {
            Files.createDirectories(FOLDER);
            Path file = FOLDER.resolve(name + ".yaml");
            Files.writeString(file, "name: " + name + "\nrootfs: " + rootfs + "\n" + String.join("\n", lines) + "\n");
            return file.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An init that waits and halts when it is told to. */
    public static String patient() {
        return "init: {cmd: [/bin/sh, -c, \"trap 'exit 0' PWR; while :; do sleep 1 & wait; done\"]}";
    }

    /** An init that does nothing but be there. */
    public static String idle() {
        return "init: {cmd: [/bin/sleep, '1000']}";
    }

    /** Two lines: an init that ends when it is asked to. */
    public static String halting() {
        return "init: {cmd: [/bin/sh, -c, 'trap exit TERM; while :; do sleep 1000 & wait; done']}\nsignal: {halt: SIGTERM}";
    }

    /** Lets jbox do what a test needs; it must succeed. */
    public static Result jbox(String... arguments) {
        Result result = TestHost.jbox(arguments);
        assertThat(result.exitCode())
                .as(String.join(" ", arguments) + "\n" + result.err())
                .isZero();
        if (arguments[0].equals("start")) {
            await("init listens", Boxes::areListening);
        }
        return result;
    }

    /** A signal that an init does not yet listen to is lost, and a start in this JVM is quicker than a shell. */
    private static boolean areListening() {
        for (String process : TestHost.processes("/bin/sh -c trap 'exit 0' PWR")) {
            String status = Wires.sh("grep SigCgt /proc/" + process.split(" ", 2)[0] + "/status 2>/dev/null || :");
            String mask = status.strip().replaceAll(".*\\s", "");
            if (!mask.isEmpty() && (Long.parseUnsignedLong(mask, 16) >> SIGPWR - 1 & 1) == 0) {
                return false;
            }
        }
        return true;
    }

    /** A box's state, as jbox ls has it. */
    public static String state(String name) {
        String row = jbox("ls", "-F", "state", "^" + name + "$").out();
        return row.isEmpty() ? "STOPPED" : row.split("\n")[1].trim();
    }

    /** Waits for something. */
    public static void await(String what, Condition condition) {
        long end = System.currentTimeMillis() + PATIENCE_MILLIS;
        while (!condition.holds()) {
            if (System.currentTimeMillis() > end) {
                throw new AssertionError("not in time: " + what);
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Waits until the test host is as it was. Java closes the pipes of a process that has ended a little after it tells of that.
     *
     * @param before of {@link TestHost#state}
     */
    public static void awaitState(List<String> before) {
        long end = System.currentTimeMillis() + 2000;
        while (!TestHost.state().equals(before) && System.currentTimeMillis() < end) {
            pause();
        }
        assertThat(TestHost.state()).isEqualTo(before);
    }

    /** What is waited for. */
    public interface Condition {
        boolean holds();
    }

    /** What boxes may leave behind: processes, mounts, cgroups, records. */
    public static List<String> leftovers() {
        List<String> left = new ArrayList<>();
        left.addAll(TestHost.processes("jbox: monitor"));
        for (String line : TestHost.lines("/proc/self/mountinfo")) {
            if (line.contains("/run/jbox")) {
                left.add(line);
            }
        }
        // Not Files.walk: what goes away under it is no error here.
        for (File hierarchy : children(new File("/sys/fs/cgroup"))) {
            boolean unified = hierarchy.getName().equals("jbox");
            for (File cgroup : children(unified ? hierarchy : new File(hierarchy, "jbox"))) {
                if (cgroup.isDirectory()) {
                    left.add(cgroup.getPath());
                }
            }
        }
        for (File folder : children(new File("/run/jbox"))) {
            for (File file : children(folder)) {
                if (file.getName().startsWith("state.json")) {
                    left.add(file.getPath());
                }
            }
        }
        return left;
    }

    private static File[] children(File folder) {
        File[] children = folder.listFiles();
        return children == null ? new File[0] : children;
    }
}
