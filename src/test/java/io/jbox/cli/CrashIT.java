package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.problem.JboxException;
import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
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

    /** What a command may say of a box that others start, stop, freeze and thaw meanwhile; whole messages. */
    private static final Map<String, List<String>> REFUSALS = Map.of(
            "start", List.of("BOX: is already running(, init is [0-9]+)?"),
            "stop", List.of("BOX: is not running", "there is no box \"BOX\""),
            // One that does not run is started by its name, which only a file in no folder of boxes has.
            "restart", List.of("no box \"BOX\" is defined", "BOX: is already running(, init is [0-9]+)?"),
            "exec",
                    List.of(
                            "BOX: is not running",
                            "there is no box \"BOX\"",
                            "BOX: is frozen",
                            "BOX: is (STARTING|ABORTING)"),
            "freeze", List.of("BOX: is not running", "there is no box \"BOX\"", "BOX: cannot be frozen"),
            "unfreeze", List.of("BOX: is not running", "there is no box \"BOX\""),
            "ls", List.of());

    /** What it may say besides where somebody has ended the box, or a process of it, meanwhile. */
    private static final Map<String, List<String>> DEATHS = Map.of(
            "start",
                    List.of(
                            "BOX: the first process (died|died at once|was killed|was killed while its hooks ran)",
                            "BOX: the monitor was killed before it made the first process",
                            "BOX: still cleaning up after its last run"),
            "stop", List.of(),
            "restart",
                    List.of(
                            "BOX: is not running",
                            "BOX: the first process (died|died at once|was killed|was killed while its hooks ran)",
                            "BOX: the monitor was killed before it made the first process",
                            "BOX: still cleaning up after its last run"),
            "exec",
                    List.of(
                            "BOX: its cgroup cannot be entered",
                            "BOX: the (joiner|command) was killed",
                            "BOX: join the box's namespaces: setns: No such process \\(ESRCH\\)"),
            "freeze", List.of(),
            "unfreeze", List.of(),
            "ls", List.of());

    /** Which boxes somebody is about to end: how often that has begun, and how often it was done. */
    private static final class Ends {
        private final AtomicInteger begun = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();
    }

    private static final Map<String, Ends> ENDS = new ConcurrentHashMap<>();

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
        assertThat(otherProc).contains("/proc belongs to another PID namespace");
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
        AtomicInteger rounds = new AtomicInteger(Integer.getInteger("jbox.test.crashes", 100));
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
        assertThat(Boxes.leftovers()).isEmpty();
        for (int i = 1; i <= 5; i++) {
            String box = "chaos" + i;
            assertThat(Boxes.state(box)).isEqualTo("STOPPED");
            Boxes.jbox("start", "/run/boxes/" + box + ".yaml");
            assertThat(Boxes.state(box)).isEqualTo("RUNNING");
            assertThat(Boxes.jbox("exec", box, "--", "echo", "hello").out()).isEqualTo("hello\n");
            Boxes.jbox("stop", box);
            assertThat(Boxes.state(box)).isEqualTo("STOPPED");
        }
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
        Ends ends = ENDS.computeIfAbsent(box, name -> new Ends());
        int victim = random.nextInt(6);
        boolean ending = victim <= 2 || List.of("stop", "restart").contains(command.get(0));
        boolean ended = ending || ends.begun.get() != ends.done.get();
        int before = ends.begun.addAndGet(ending ? 1 : 0);
        try {
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
            int code = TestHost.exitCode(process);
            String problem = judge(command.get(0), box, code, killed, ended || ends.begun.get() != before, said);
            return problem.isEmpty() ? "" : command + " -> " + code + ": " + problem + "\n" + said;
        } catch (IOException | InterruptedException | IllegalStateException e) {
            return command + ": " + e;
        } finally {
            ends.done.addAndGet(ending ? 1 : 0);
        }
    }

    /**
     * What is wrong with an answer; empty if nothing is.
     *
     * @param killed whether the command itself may have been killed
     * @param ended whether somebody may have ended the box meanwhile
     */
    private static String judge(String command, String box, int code, boolean killed, boolean ended, String said) {
        if (said.contains("internal error") || said.contains("at io.jbox")) {
            return "a bug in jbox";
        }
        if (code == 0) {
            return command.equals("exec") && !said.equals("hello\n") ? "another output" : "";
        }
        if (code == 128 + 9) {
            return killed || command.equals("exec") && ended ? "" : "killed by nobody";
        }
        if (code != JboxException.FAILED) {
            return "another exit code";
        }
        List<String> allowed = new ArrayList<>(REFUSALS.getOrDefault(command, List.of()));
        allowed.addAll(ended ? DEATHS.getOrDefault(command, List.of()) : List.of());
        for (String line : said.split("\n")) {
            boolean error = line.startsWith("jbox: ") && !line.startsWith("jbox: cleaning up, in the background");
            String message = line.substring(error ? "jbox: ".length() : 0);
            if (error && allowed.stream().noneMatch(one -> message.matches(one.replace("BOX", box)))) {
                return "it must not say that" + (ended ? "" : ", for nobody has ended the box");
            }
        }
        return said.contains("jbox: ") ? "" : "no reason";
    }
}
