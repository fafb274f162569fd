package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.Box;
import io.jbox.BoxCommand;
import io.jbox.Jbox;
import io.jbox.request.ExecRequest;
import io.jbox.request.Settings;
import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code jbox exec}: commands in a box that runs. */
class ExecIT {
    private static final int MEGABYTES_10 = 10 << 20;

    @BeforeAll
    static void boxes() {
        TestHost.require();
        Boxes.jbox(
                "start",
                Boxes.define(
                        "plain", Boxes.idle(), "idmap: none", "environment: [COLOUR=blue]", "uts: {name: inside}"));
        Boxes.jbox(
                "start",
                Boxes.define(
                        "mapped",
                        Boxes.idle(),
                        "idmap: [u 0 100000 65536, g 0 200000 65536]",
                        "no_new_privs: true",
                        "prlimit: {nofile: '100:200', core: 0}",
                        "mount: {entry: [tmpfs tmp tmpfs mode=1777]}"));
    }

    @AfterAll
    static void stop() {
        Boxes.jbox("stop", "-k", "plain", "mapped");
        assertThat(Boxes.leftovers()).isEmpty();
    }

    private static Result exec(String box, String... command) {
        List<String> words = new ArrayList<>(List.of("exec", box, "--"));
        words.addAll(List.of(command));
        return TestHost.process(words.toArray(new String[0]));
    }

    @Test
    void joinsEveryNamespaceAndNothingElse() throws IOException {
        String pid = Boxes.jbox("pid", "plain").out().trim();
        for (String namespace : List.of("mnt", "pid", "uts", "ipc", "net", "cgroup", "user")) {
            assertThat(exec("plain", "readlink", "/proc/self/ns/" + namespace)
                            .out()
                            .trim())
                    .as(namespace)
                    .isEqualTo(Files.readSymbolicLink(Path.of("/proc", pid, "ns", namespace))
                            .toString());
        }
        assertThat(exec("plain", "hostname").out()).isEqualTo("inside\n");
    }

    /** The ids of a box need not be one range of the host's. */
    @Test
    void whoeverRunsTheCommandOwnsItsStandardStreams() {
        String box = Boxes.define(
                "pieces",
                Boxes.idle(),
                "idmap: [u 0 100000 5, u 5 300000 100, g 0 100000 5, g 5 400000 100]",
                "mount: {entry: [tmpfs tmp tmpfs mode=1777]}");
        Boxes.jbox("start", box);
        try {
            for (String user : List.of("0", "4", "5", "7")) {
                Result result = TestHost.jbox(
                        "exec",
                        "-u",
                        user,
                        "pieces",
                        "--",
                        "sh",
                        "-c",
                        "echo said >/dev/stdout; stat -Lc %u /dev/stdout");
                assertThat(result.err()).isEmpty();
                assertThat(result.out()).isEqualTo("said\n" + user + "\n");
            }
            Result terminal =
                    TestHost.jbox("exec", "-t", "-u", "7", "pieces", "--", "stat", "-Lc", "%u %g", "/proc/self/fd/0");
            assertThat(terminal.out()).isEqualTo("7 5\r\n");
        } finally {
            Boxes.jbox("stop", "-k", "pieces");
        }
    }

    @Test
    void onlyTheNamespacesThatAreAskedFor() {
        Result result = TestHost.jbox("exec", "--ns", "uts", "plain", "--", "sh", "-c", "hostname; ls /run/boxes");

        assertThat(result.out()).startsWith("inside\n").contains("plain.yaml");
        assertThat(TestHost.jbox("exec", "--ns", "user", "plain", "--", "true").err())
                .contains("plain: has no user namespace of its own");
        assertThat(TestHost.jbox("exec", "--ns", "moon", "plain", "--", "true").exitCode())
                .isEqualTo(2);
    }

    @Test
    void theExitCodeIsTheCommands() {
        assertThat(exec("plain", "sh", "-c", "exit 7").exitCode()).isEqualTo(7);
        assertThat(exec("plain", "sh", "-c", "kill -TERM $$").exitCode()).isEqualTo(143);
        assertThat(exec("plain", "no-such-program").exitCode()).isEqualTo(127);
        assertThat(exec("plain", "/etc/passwd").exitCode()).isEqualTo(126);
    }

    @Test
    void theEnvironmentIsClean() {
        Map<String, String> ours = Map.of("SECRET", "s3cret");
        Result clean = TestHost.run(TestHost.command("exec", "-e", "A=b", "plain", "--", "env"), ours);
        Result kept = TestHost.run(TestHost.command("exec", "--keep-env", "plain", "--", "env"), ours);

        assertThat(clean.out().split("\n"))
                .contains("A=b", "COLOUR=blue", "container=jbox", "HOME=/root", "USER=root")
                .noneMatch(line -> line.contains("s3cret") || line.startsWith("JAVA"));
        assertThat(kept.out()).contains("SECRET=s3cret").contains("COLOUR=blue");
    }

    @Test
    void noMoreRightsThanTheBoxsOwnPrograms() throws IOException {
        for (String box : List.of("plain", "mapped")) {
            String pid = Boxes.jbox("pid", box).out().trim();
            List<String> inits = rights(Files.readString(Path.of("/proc", pid, "status")));

            assertThat(rights(exec(box, "cat", "/proc/self/status").out())).isEqualTo(inits);
        }
        assertThat(exec("mapped", "cat", "/proc/self/status").out()).contains("NoNewPrivs:\t1");
        assertThat(TestHost.jbox("exec", "--privileged", "plain", "--", "cat", "/proc/self/status")
                        .out())
                .doesNotContain(
                        rights(exec("plain", "cat", "/proc/self/status").out()).get(1));
    }

    @Test
    void theLimitsAreInits() throws IOException {
        String pid = Boxes.jbox("pid", "mapped").out().trim();
        String limits = exec("mapped", "cat", "/proc/self/limits").out();

        assertThat(limits)
                .isEqualTo(Files.readString(Path.of("/proc", pid, "limits")))
                .contains("100                  200");
    }

    private static List<String> rights(String status) {
        return Arrays.stream(status.split("\n"))
                .filter(line -> line.startsWith("Cap") && !line.startsWith("CapInh") || line.startsWith("NoNewPrivs"))
                .sorted()
                .toList();
    }

    @Test
    void nothingOfTheHostIsOpen() {
        Result result = exec("plain", "sh", "-c", "for f in /proc/$$/fd/*; do readlink $f; done");

        assertThat(result.out().split("\n")).hasSize(3).allMatch(line -> line.startsWith("pipe:"));
    }

    @Test
    void usersAreThoseOfTheBox() throws IOException {
        assertThat(TestHost.jbox("exec", "-u", "nobody", "plain", "--", "id").out())
                .isEqualTo("uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)\n");
        assertThat(TestHost.jbox("exec", "-u", "1234:5", "mapped", "--", "sh", "-c", "id -u; id -g; pwd")
                        .out())
                .isEqualTo("1234\n5\n/\n");
        assertThat(TestHost.jbox("exec", "-u", "daisy", "plain", "--", "id").err())
                .startsWith("jbox: plain: has no user \"daisy\"");
    }

    @Test
    void aHostilePasswdIsNoTrap() throws IOException, InterruptedException {
        String init = "init: {cmd: [/bin/sh, -c, \"mkdir /tmp/etc; mount --bind /tmp/etc /etc; mkfifo /etc/passwd;"
                + " ln -s /proc/1/root/dev/zero /etc/group; echo up; sleep 1000\"]}";
        Boxes.jbox(
                "start",
                Boxes.define(
                        "hostile",
                        init,
                        "cap: {keep: [sys_admin, mknod, setuid, setgid]}",
                        "mount: {entry: [tmpfs tmp tmpfs mode=1777]}"));
        Boxes.await(
                "the trap to be set",
                () -> TestHost.jbox("logs", "hostile").out().contains("up"));

        Result result = TestHost.jbox("exec", "-u", "nobody", "hostile", "--", "true");
        Result asRoot = TestHost.process("exec", "hostile", "--", "echo", "0");

        assertThat(result.err()).contains("has no user \"nobody\"");
        assertThat(asRoot.out()).isEqualTo("0\n");
        Boxes.jbox("stop", "-k", "hostile");
    }

    @Test
    void theWorkingFolder() {
        assertThat(TestHost.jbox("exec", "-w", "/etc", "plain", "--", "pwd").out())
                .isEqualTo("/etc\n");
        assertThat(TestHost.jbox("exec", "-w", "/moon", "plain", "--", "pwd").err())
                .contains("chdir: No such file or directory (ENOENT)")
                .contains("the box has no folder \"/moon\"");
        assertThat(TestHost.jbox("exec", "-w", "etc", "plain", "--", "pwd").exitCode())
                .isEqualTo(2);
    }

    @Test
    void returnsAlthoughChildrenRunOn() throws IOException, InterruptedException {
        long before = System.nanoTime();
        Path file = Path.of("/run/exec-out");
        Process process = TestHost.builder(TestHost.command("exec", "plain", "--", "sh", "-c", "sleep 77 & echo said"))
                .redirectOutput(file.toFile())
                .redirectError(Path.of("/run/exec-err").toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .start();

        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(System.nanoTime() - before).isLessThan(20_000_000_000L);
        assertThat(file).hasContent("said\n");
        exec("plain", "sh", "-c", "kill $(pidof sleep | tr ' ' '\\n' | grep -vx 1)");
    }

    @Test
    void tenMegabytesThroughPipesByteForByte() throws IOException, InterruptedException {
        byte[] bytes = new byte[MEGABYTES_10];
        new Random(1).nextBytes(bytes);
        Path in = Path.of("/run/in");
        Path out = Path.of("/run/out");
        Files.write(in, bytes);

        // Files: jbox carries the bytes itself.
        Process carried = TestHost.builder(TestHost.command("exec", "plain", "--", "cat"))
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(carried.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readAllBytes(out)).isEqualTo(bytes);

        // Pipes: the command has them itself.
        Process piped =
                TestHost.builder(TestHost.command("exec", "plain", "--", "cat")).start();
        Thread feeder = new Thread(() -> {
            try (OutputStream stream = piped.getOutputStream()) {
                stream.write(bytes);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        feeder.start();
        assertThat(TestHost.output(piped)).isEqualTo(bytes);
        feeder.join();
        Files.delete(in);
        Files.delete(out);
    }

    @Test
    void tenMegabytesThroughATerminalByteForByte() {
        String script = "stty raw; head -c 10485760 /dev/zero | tr '\\\\0' x; echo end";
        Result result = TestHost.jbox("exec", "-t", "plain", "--", "sh", "-c", script.replace("\\\\", "\\"));

        assertThat(result.out().replace("\r", ""))
                .hasSize(MEGABYTES_10 + "end\n".length())
                .endsWith("xend\n");
        assertThat(result.out().chars().filter(c -> c == 'x').count()).isEqualTo(MEGABYTES_10);
    }

    /** Its user's, who may open it anew: su and screen do. */
    @ParameterizedTest
    @ValueSource(strings = {"0", "33"})
    void theTerminalIsTheCommandsOwn(String user) {
        Result result = TestHost.run(
                List.of(
                        "script",
                        "-qec",
                        "bin/jbox exec -u " + user
                                + " mapped -- sh -c 'tty; stat -c %u $(tty); echo anew >$(tty); readlink /proc/self/fd/0'",
                        "/dev/null"),
                Map.of());

        assertThat(result.out().replace("^@", ""))
                .matches("/dev/pts/[0-9]+\r\n" + user + "\r\nanew\r\n/dev/pts/[0-9]+\r\n");
    }

    /** From one process: what one of them left there, or in the box, the others would be short of. */
    @Test
    void aHundredInARow() throws IOException {
        try (Jbox jbox = new Jbox(Settings.ofRoot(System.getProperty("user.dir")))) {
            Box box = jbox.box("plain");
            sayHello(box);
            List<String> before = TestHost.state();
            for (int i = 1; i < 100; i++) {
                sayHello(box);
            }
            Boxes.awaitState(before);
        }
    }

    private static void sayHello(Box box) throws IOException {
        try (BoxCommand command = box.exec(ExecRequest.piped("echo", "hello"))) {
            command.standardInput().close();
            try (InputStream out = command.standardOutput()) {
                assertThat(out.readAllBytes()).asString().isEqualTo("hello\n");
            }
            command.standardError().close();
            assertThat(command.waitFor()).isZero();
        }
    }

    @Test
    void twentyAtOnce() throws IOException, InterruptedException {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            processes.add(TestHost.builder(TestHost.command("exec", "mapped", "--", "sh", "-c", "echo " + i))
                    .start());
        }
        for (int i = 0; i < 20; i++) {
            String said = new String(TestHost.output(processes.get(i)), StandardCharsets.UTF_8);
            assertThat(said).isEqualTo(i + "\n");
            assertThat(processes.get(i).waitFor()).isZero();
        }
    }

    @Test
    void theCommandIsInTheBoxsCgroup() {
        String pid = Boxes.jbox("pid", "plain").out().trim();
        assertThat(exec("plain", "cat", "/proc/self/cgroup").out())
                .isEqualTo(String.join("\n", TestHost.lines("/proc/" + pid + "/cgroup"))
                                .replaceAll("/jbox/plain", "/") + "\n");
    }

    @Test
    void aFrozenBoxIsAnErrorAtOnce() {
        Boxes.jbox("freeze", "mapped");
        try {
            assertThat(exec("mapped", "true").err())
                    .startsWith("jbox: mapped: is frozen\n  hint: jbox unfreeze mapped");
        } finally {
            Boxes.jbox("unfreeze", "mapped");
        }
    }

    @Test
    void whoJoinedWithoutThePidNamespaceGoesWithTheBox() {
        Boxes.jbox("start", Boxes.define("partly", Boxes.idle()));
        Boxes.jbox("exec", "--ns", "net,mnt", "partly", "--", "sh", "-c", "setsid sleep 7788 >/dev/null 2>&1 &");
        assertThat(TestHost.processes("sleep 7788")).isNotEmpty();

        Boxes.jbox("stop", "-k", "partly");

        Boxes.await("its end", () -> TestHost.processes("sleep 7788").isEmpty());
        Boxes.jbox("start", Boxes.define("partly", Boxes.idle()));
        Boxes.jbox("stop", "-k", "partly");
    }

    @Test
    void anExecThatIsStoppedDoesNotKeepTheBoxFromStopping() throws IOException, InterruptedException {
        Boxes.jbox("start", Boxes.define("partly", Boxes.idle()));
        Process exec = TestHost.builder(TestHost.command("exec", "partly", "--", "sh", "-c", "echo up; sleep 500"))
                .start();
        try (BufferedReader out = exec.inputReader()) {
            assertThat(out.readLine()).isEqualTo("up");
            TestHost.run(List.of("kill", "-STOP", Long.toString(exec.pid())), Map.of());

            Boxes.jbox("stop", "-k", "partly");
        }
        exec.toHandle().destroyForcibly();
        exec.waitFor(10, TimeUnit.SECONDS);
    }

    @Test
    void theCommandDiesWithJbox() throws IOException, InterruptedException {
        Process process = TestHost.builder(TestHost.command("exec", "plain", "--", "sleep", "4242"))
                .start();
        Boxes.await(
                "the command",
                () -> !TestHost.processes("sleep 4242").stream()
                        .filter(line -> !line.contains("jbox"))
                        .toList()
                        .isEmpty());

        process.destroyForcibly().waitFor();

        Boxes.await("its end", () -> TestHost.processes("sleep 4242").isEmpty());
    }

    /** Stops every process that comes after it, again and again. */
    private static final String STOPS_NEWCOMERS =
            "init: {cmd: [/bin/sh, -c, \"while :; do for p in /proc/[0-9]*; do p=${p#/proc/}; [ $p -gt 1 ] && kill -STOP $p;"
                    + " done 2>/dev/null; done\"]}";

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void aCommandThatTheBoxKeepsStoppedCanBeLeft(String signal) throws Exception {
        Boxes.jbox("start", Boxes.define("stops", STOPS_NEWCOMERS));
        try {
            Process exec = TestHost.builder(
                            TestHost.signalled("exec", "stops", "--", "sh", "-c", "trap '' " + signal + "; cat"))
                    .start();
            Thread.sleep(700);
            assertThat(exec.isAlive()).isTrue();

            for (int i = 0; i < 2 && exec.isAlive(); i++) {
                Wires.sh("kill -" + signal + " " + exec.pid());
                exec.waitFor(700, TimeUnit.MILLISECONDS);
            }

            assertThat(exec.waitFor(3, TimeUnit.SECONDS)).isTrue();
            assertThat(exec.exitValue()).isGreaterThan(128);
        } finally {
            TestHost.jbox("stop", "-k", "stops");
        }
    }

    @Test
    void ctrlCLeavesACommandThatTheBoxKeepsStopped() {
        Boxes.jbox("start", Boxes.define("stops", STOPS_NEWCOMERS));

        try {
            // It is the key of the caller's own terminal as long as the command is not there.
            String out = Wires.sh("mkfifo /run/keys; (sleep 2; printf '\\003'; sleep 1; printf '\\003'; exec sleep 15)"
                    + " >/run/keys & timeout 20 script -qec \"trap : INT; bin/jbox exec stops -- cat; echo left\""
                    + " /dev/null </run/keys; kill $!; rm /run/keys");

            assertThat(out).contains("left");
        } finally {
            TestHost.jbox("stop", "-k", "stops");
        }
    }

    /** Whatever keeps it: of three signals that are to end it the last does. */
    @ParameterizedTest
    @ValueSource(strings = {"exec box --", "run -f /run/boxes/box.yaml --"})
    void theThirdSignalIsTheLast(String words) throws Exception {
        Boxes.jbox("start", Boxes.define("box", Boxes.idle()));
        List<String> all = new ArrayList<>(List.of(words.split(" ")));
        all.addAll(List.of("sh", "-c", "trap '' TERM INT; echo up; while :; do kill -STOP $$; done"));
        Process process =
                TestHost.builder(TestHost.signalled(all.toArray(new String[0]))).start();
        assertThat(process.inputReader().readLine()).isEqualTo("up");

        for (int i = 0; i < 3 && process.isAlive(); i++) {
            Wires.sh("kill -TERM " + process.pid());
            process.waitFor(300, TimeUnit.MILLISECONDS);
        }

        assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isGreaterThan(128);
        Boxes.jbox("stop", "-k", "box");
    }
}
