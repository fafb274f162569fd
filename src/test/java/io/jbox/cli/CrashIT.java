package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever dies: the next command brings the state to the truth, and a new start works. */
class CrashIT {
    private static final Path STATE = Path.of("/run/jbox/box1/state.json");

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @AfterEach
    void nothingIsLeft() {
        TestHost.jbox("stop", "-k", "box1");
        assertThat(Boxes.leftovers()).isEmpty();
        assertThat(TestHost.processes("sleep 31337")).isEmpty();
    }

    private static String box() {
        return Boxes.define(
                "box1",
                "init: {cmd: [/bin/sleep, '31337']}",
                "hook: {stop: 'echo stop >>/run/hooks;:', post-stop: 'echo post-stop >>/run/hooks;:'}");
    }

    private static void kill(String pid) {
        ProcessHandle.of(Long.parseLong(pid.trim())).ifPresent(ProcessHandle::destroyForcibly);
    }

    private static String monitor() {
        return TestHost.processes("monitor of box1").get(0).split(" ")[0];
    }

    @Test
    void ofTheMonitor() throws IOException {
        Files.deleteIfExists(Path.of("/run/hooks"));
        Boxes.jbox("start", box());

        kill(monitor());
        Boxes.await(
                "init to go with it", () -> TestHost.processes("sleep 31337").isEmpty());
        assertThat(STATE).exists();

        // Who only looks waits for nothing: another process does what is owed.
        assertThat(Boxes.jbox("ls", "-f").out()).doesNotContain("RUNNING");
        Boxes.await("nothing to be left", () -> Boxes.leftovers().isEmpty());
        assertThat(Path.of("/run/hooks")).hasContent("stop\npost-stop\n");
        Boxes.jbox("start", box());
    }

    /** A stop has stopped a box when nothing is owed to it any more, whoever does that. */
    @Test
    void ofTheMonitorWhileAnotherProcessTidiesUp() throws IOException {
        Files.deleteIfExists(Path.of("/run/hooks"));
        Boxes.jbox(
                "start",
                Boxes.define(
                        "box1",
                        "init: {cmd: [/bin/sleep, '31337']}",
                        "hook: {post-stop: 'echo begun >>/run/hooks; sleep 2; echo done >>/run/hooks;:'}"));
        kill(monitor());
        Boxes.await(
                "init to go with it", () -> TestHost.processes("sleep 31337").isEmpty());
        TestHost.jbox("ls", "-f");
        Boxes.await("the hook", () -> Files.exists(Path.of("/run/hooks")));

        TestHost.jbox("stop", "box1");

        assertThat(Path.of("/run/hooks")).hasContent("begun\ndone\n");
        assertThat(Boxes.leftovers()).isEmpty();
    }

    /** There the processes of boxes cannot be seen: who looks must not take them for dead. */
    @ParameterizedTest
    @ValueSource(strings = {"ls -f", "stop box1", "start", "tidy-up", "create other", "exec box1 true"})
    void nothingIsTouchedFromAnotherPidNamespace(String command) {
        String file = box();
        Boxes.jbox("start", file);
        String init = Boxes.jbox("pid", "box1").out();
        String words = command.equals("start") ? "start " + file : command;

        String said = Wires.sh("bin/jbox unshare -fp --mount-proc sh -c 'bin/jbox " + words + "; sleep 0.5' 2>&1");
        String otherProc = Wires.sh("bin/jbox unshare -fp sh -c 'bin/jbox ls -f; sleep 0.5' 2>&1");

        assertThat(said).contains("another PID namespace");
        assertThat(otherProc).contains("/proc is that of another PID namespace");
        assertThat(Boxes.jbox("pid", "box1").out()).isEqualTo(init);
    }

    @Test
    void ofInit() {
        Boxes.jbox("start", box());
        kill(Boxes.jbox("pid", "box1").out());

        Boxes.await(
                "the monitor to have done what it owes", () -> Boxes.leftovers().isEmpty());
        Boxes.jbox("start", box());
    }

    @Test
    void ofBothAtOnce() {
        Boxes.jbox("start", box());
        String init = Boxes.jbox("pid", "box1").out();
        kill(monitor());
        kill(init);

        Boxes.jbox("start", box());

        assertThat(Boxes.state("box1")).isEqualTo("RUNNING");
    }

    /** From the launcher's first line to after the end; LaunchSimulatorTest has every call in turn. */
    @Test
    void ofTheStartingCommandAtAnyMoment() throws IOException, InterruptedException {
        Random random = new Random(3);
        String file = box();
        for (int i = 0; i < 40; i++) {
            Process start = TestHost.builder(TestHost.command("start", file)).start();
            Thread.sleep(20 + random.nextInt(180));
            start.destroyForcibly().waitFor();
            String state = Boxes.state("box1");
            assertThat(state).isIn("RUNNING", "STOPPED", "STOPPING", "STARTING");
            if (state.equals("RUNNING")) {
                Boxes.jbox("stop", "-k", "box1");
            } else {
                // Who asks only looks: another process tidies up.
                Boxes.await("its end", () -> Boxes.state("box1").equals("STOPPED"));
                Boxes.await("nothing to be left", () -> Boxes.leftovers().isEmpty());
            }
            assertThat(Boxes.leftovers()).isEmpty();
            assertThat(TestHost.processes("sleep 31337")).isEmpty();
        }
        Boxes.jbox("start", file);
    }

    @Test
    void ofAStoppingCommand() throws IOException, InterruptedException {
        Boxes.jbox("start", box());
        Process stop =
                TestHost.builder(TestHost.command("stop", "-t", "60", "box1")).start();
        Boxes.await("the box to be stopping", () -> Boxes.state("box1").equals("STOPPING"));
        stop.destroyForcibly().waitFor();

        Boxes.jbox("stop", "-k", "box1");
    }

    @Test
    void ofAForegroundStart() throws IOException, InterruptedException {
        Process start = TestHost.builder(TestHost.command("start", "-F", box())).start();
        Boxes.await("the box", () -> Boxes.state("box1").equals("RUNNING"));

        start.destroyForcibly().waitFor();

        Boxes.await(
                "the box to go with it", () -> TestHost.processes("sleep 31337").isEmpty());
        // Who only looks waits for nothing: another process does what is owed.
        assertThat(Boxes.jbox("ls", "--active").out()).isEmpty();
        Boxes.await("nothing to be left", () -> Boxes.leftovers().isEmpty());
    }

    @Test
    void aRecordOfAnotherBootIsHistory() throws IOException {
        Boxes.jbox("start", box());
        String record = Files.readString(STATE);
        Boxes.jbox("stop", "-k", "box1");
        // The pids in it may be anybody's now: here they are our own.
        String us = Long.toString(ProcessHandle.current().pid());
        Files.writeString(
                STATE,
                record.replaceAll("\"boot\": \"[^\"]*\"", "\"boot\": \"another\"")
                        .replaceAll("\\[\\s*[0-9]+,", "[" + us + ","));

        assertThat(Boxes.jbox("ls", "--active").out()).isEmpty();
        Boxes.jbox("start", box());
    }

    @Test
    void aPidThatIsAnothersNowIsNotKilled() throws IOException {
        Boxes.jbox("start", box());
        String record = Files.readString(STATE);
        Boxes.jbox("stop", "-k", "box1");
        Process other = new ProcessBuilder("sleep", "1000").start();
        Files.writeString(STATE, record.replaceAll("\\[\\s*[0-9]+,", "[" + other.pid() + ","));

        TestHost.jbox("stop", "-k", "box1");
        Boxes.jbox("ls", "-f");

        assertThat(other.isAlive()).isTrue();
        other.destroy();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"name\": \"box1\"}", "torn", "foreign", "\0\0\0\0"})
    void aDamagedRecordIsAnErrorThatNamesIt(String damage) throws IOException {
        Boxes.jbox("start", box());
        String record = Files.readString(STATE);
        Boxes.jbox("stop", "-k", "box1");
        String text = damage.equals("torn")
                ? record.substring(0, record.length() / 2)
                : damage.equals("foreign") ? record.replace("\"name\": \"box1\"", "\"name\": \"box2\"") : damage;
        Files.writeString(STATE, text);
        for (List<String> command : List.of(
                List.of("start", box()),
                List.of("stop", "box1"),
                List.of("exec", "box1", "--", "true"),
                List.of("pid", "box1"))) {
            Result result = TestHost.jbox(command.toArray(new String[0]));
            assertThat(result.exitCode()).isEqualTo(125);
            assertThat(result.err())
                    .startsWith("jbox: state file " + STATE)
                    .contains("hint: ")
                    .doesNotContain("at io.jbox");
        }
        Result ls = Boxes.jbox("ls", "-f");
        assertThat(ls.out()).contains("box1 STOPPED!");
        assertThat(ls.err()).contains("state file " + STATE);
        Files.delete(STATE);
    }

    /** Four people and a murderer. */
    @Test
    void ofAnythingAtAnyTime() throws InterruptedException {
        List<String> problems = new ArrayList<>();
        AtomicInteger rounds = new AtomicInteger(200);
        List<Thread> people = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            Boxes.define("chaos" + i, Boxes.patient(), "hook: {post-stop: ':'}");
        }
        for (int i = 0; i < 4; i++) {
            Random random = new Random(i);
            Thread person = new Thread(() -> {
                while (rounds.decrementAndGet() >= 0) {
                    String problem = round(random);
                    if (!problem.isEmpty()) {
                        synchronized (problems) {
                            problems.add(problem);
                        }
                    }
                }
            });
            person.start();
            people.add(person);
        }
        int before = rounds.get();
        while (people.stream().anyMatch(Thread::isAlive)) {
            Thread.sleep(5_000);
            // Whoever has a command in a box that somebody froze at that moment waits until somebody thaws it.
            for (int i = 1; i <= 5 && rounds.get() == before; i++) {
                TestHost.jbox("unfreeze", "chaos" + i);
            }
            before = rounds.get();
        }
        for (int i = 1; i <= 5; i++) {
            TestHost.jbox("stop", "-k", "chaos" + i);
        }
        Boxes.await(
                "the last hooks", () -> TestHost.jbox("ls", "--active").out().isEmpty());
        assertThat(problems).isEmpty();
        assertThat(TestHost.processes("trap 'exit 0' PWR")).isEmpty();
    }

    private static String round(Random random) {
        String box = "chaos" + (1 + random.nextInt(5));
        List<String> command = switch (random.nextInt(9)) {
            case 0, 1, 2 -> List.of("start", "/run/boxes/" + box + ".yaml");
            case 3 -> List.of("stop", "-t", "3", box);
            case 4 -> List.of("stop", "-k", box);
            case 5 -> List.of("exec", box, "--", "echo", "hello");
            case 6 -> List.of("ls", "-f");
            case 7 -> List.of("restart", "-k", box);
            default -> List.of(random.nextBoolean() ? "freeze" : "unfreeze", box);
        };
        try {
            int victim = random.nextInt(6);
            if (victim == 0) {
                TestHost.processes("monitor of " + box).forEach(line -> kill(line.split(" ")[0]));
            } else if (victim == 1) {
                String pid = TestHost.jbox("pid", box).out();
                if (!pid.isEmpty()) {
                    kill(pid);
                }
            }
            Process process = TestHost.builder(TestHost.command(command.toArray(new String[0])))
                    .redirectErrorStream(true)
                    .start();
            boolean killed = victim == 2;
            if (killed && !process.waitFor(random.nextInt(300), TimeUnit.MILLISECONDS)) {
                process.toHandle().destroyForcibly();
            }
            String said = new String(TestHost.output(process));
            return judge(command, TestHost.exitCode(process), killed, said);
        } catch (IOException | InterruptedException | IllegalStateException e) {
            return command + ": " + e;
        }
    }

    /** Whether an answer is right, or an honest error. */
    private static String judge(List<String> command, int code, boolean killed, String said) {
        boolean honest = said.contains("runs already")
                || said.contains("is not running")
                || said.contains("is frozen")
                || said.contains("no box \"")
                || said.matches("(?s).*: is (STARTING|STOPPING|ABORTING|FREEZING|THAWED).*")
                || said.contains("has just ended")
                || said.contains("has it just ended?")
                || said.contains("somebody has")
                || said.contains("died")
                || said.contains("was killed")
                || said.contains("cannot be frozen")
                || said.contains("only being started");
        boolean right = code == 0
                ? !command.get(0).equals("exec") || said.equals("hello\n")
                : code == 125 && honest
                        || killed && code == 137
                        || command.get(0).equals("exec") && code == 137;
        return right && !said.contains("internal error") && !said.contains("at io.jbox")
                ? ""
                : command + " -> " + code + ": " + said;
    }
}
