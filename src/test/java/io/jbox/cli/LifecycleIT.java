package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.Golden;
import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Boxes that live on: start, stop and all that tells of them. */
class LifecycleIT {
    private static final String REBOOTS = "init: {cmd: [/bin/sh, -c, \"trap 'reboot -f' PWR; reboot -f\"]}";

    private static final Path TRANSCRIPTS = Path.of("src/test/resources/transcripts");

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @AfterEach
    void nothingIsLeft() {
        for (String name : TestHost.process("ls", "--active").out().split("\\s+")) {
            if (!name.isEmpty()) {
                Boxes.jbox("stop", "-k", name);
            }
        }
        // The monitor of a box with a veth sees the kernel take that away.
        Boxes.await("nothing to be left", () -> Boxes.leftovers().isEmpty());
    }

    /** A command and what it says, with what differs each time made equal. */
    private static String transcript(String... arguments) {
        Result result = TestHost.process(arguments);
        String text = "$ jbox " + String.join(" ", arguments) + "\n" + result.out() + result.err();
        text = result.exitCode() == 0 ? text : text + "[" + result.exitCode() + "]\n";
        text = text.replace(Path.of("").toAbsolutePath().toString(), "/opt/jbox");
        return text.replaceAll("(PID: +|init is |\"pid\": |^|\\n|, )[0-9]{1,7}(?=[\\n,]|$)", "$1N")
                .replaceAll("[0-9]+\\.[0-9]{2}( seconds)", "N$1")
                .replaceAll("((?:Memory|Swap) use: +)[0-9.]+[KMG]?B", "$1N")
                .replaceAll("(Tasks: +)[0-9]+", "$1N")
                .replaceAll("(Uptime: +)[0-9:]+", "$1T")
                .replaceAll("(uid |\"root_uid\": )[0-9]+", "$1N")
                .replaceAll("(\"(memory|swap|ram|uptime|cpu_usec|tasks)\": )[0-9]+", "$1N")
                .replaceAll("(?m)^(box[^ ]* +)[0-9]+\\.[0-9]{2} +[0-9.]+ +[^ ]+ +[^ ]+ +[0-9]+$", "$1...")
                .replaceAll("(\"time\": \")[^\"]+", "$1T");
    }

    @Tag("jdk25")
    @Test
    void theLifeOfABox() {
        String file = Boxes.define("box1", Boxes.patient(), "group: [web]", "start: {auto: true}");
        StringBuilder all = new StringBuilder();
        for (String line : List.of(
                "ls -f",
                "start " + file,
                "start " + file,
                "ls",
                "ls -f",
                "ls --json -F name,state,groups,pid,init",
                "ls --stopped",
                "ls -g web",
                "ls -g other",
                "start",
                "stop box1 -- box2",
                "top box1",
                "stop -n box1",
                "exec box1 echo -l",
                "info -pH box1",
                "ls ^b.x",
                "info box1",
                "info -s box1",
                "info -p box1",
                "info -S --json box1",
                "info -c init.cmd box1",
                "pid box1",
                "pid --json box1",
                "top",
                "freeze box1",
                "ls -f",
                "exec box1 -- true",
                "unfreeze box1",
                "exec box1 -- echo hello",
                "wait box1 -s RUNNING|FROZEN",
                "wait box1 -s STOPPED -t 0",
                "kill box1 WINCH",
                "kill box1 NOSUCH",
                "stop box1",
                "ls -f",
                "info box1",
                "stop box1",
                "pid box1",
                "exec box1 -- true",
                "console box1",
                "freeze box1",
                "kill box1",
                "destroy box1",
                "wait box1 -s STOPPED",
                "wait box1 -s SLEEPING")) {
            all.append(transcript(line.split(" "))).append('\n');
        }

        Golden.check(TRANSCRIPTS.resolve("life.txt"), all.toString());
    }

    /** A box may make its tree as deep as it likes. */
    @Test
    void destroysATreeOfAnyDepth() {
        Boxes.jbox("create", "deep", "-t", "none");
        Wires.sh("mkdir -p /var/lib/jbox/deep/rootfs && cd /var/lib/jbox/deep/rootfs && perl -e"
                + " 'for (1..5000) { mkdir \"d\"; chdir \"d\" or die }; open my $f, \">\", \"last\"'");

        Boxes.jbox("destroy", "-f", "deep");

        assertThat(Path.of("/var/lib/jbox/deep")).doesNotExist();
    }

    @Tag("jdk25")
    @Test
    void createAndDestroy() throws IOException {
        StringBuilder all = new StringBuilder();
        for (String line : List.of(
                "create made",
                "create made",
                "ls -f",
                "ls --defined -1",
                "autostart -L -A",
                "start made",
                "destroy made",
                "destroy -f made",
                "destroy made",
                "create made -t nosuch",
                "create made -- --no-such-argument",
                "create no/name",
                "ls -f")) {
            all.append(transcript(line.split(" "))).append('\n');
        }
        Boxes.jbox("net", "down");
        assertThat(Path.of("/var/lib/jbox/made")).doesNotExist();
        assertThat(Path.of("/run/jbox/made/state.json")).doesNotExist();

        Golden.check(TRANSCRIPTS.resolve("create.txt"), all.toString());
    }

    @Test
    void destroyTouchesNothingElse() throws IOException {
        Path outside = Path.of("/run/outside");
        Files.createDirectories(outside);
        Files.writeString(outside.resolve("precious"), "x");
        Boxes.jbox("create", "linked", "-t", "none");
        Path folder = Path.of("/var/lib/jbox/linked");
        Files.createSymbolicLink(folder.resolve("rootfs"), outside);
        Files.createDirectories(folder.resolve("a/b"));
        Files.createSymbolicLink(folder.resolve("a/b/up"), outside);

        Boxes.jbox("destroy", "linked");

        assertThat(folder).doesNotExist();
        assertThat(outside.resolve("precious")).exists();

        Files.createSymbolicLink(folder, outside);
        Result refused = TestHost.process("destroy", "-f", "linked");
        assertThat(refused.err()).contains("is a symbolic link");
        assertThat(outside.resolve("precious")).exists();
        Files.delete(folder);
    }

    @Test
    void destroyNeverEntersAMount() throws IOException {
        Boxes.jbox("create", "mounted", "-t", "none");
        Path inside = Path.of("/var/lib/jbox/mounted/data");
        Files.createDirectories(inside);
        TestHost.run(List.of("mount", "-t", "tmpfs", "tmpfs", inside.toString()), java.util.Map.of());
        Files.writeString(inside.resolve("precious"), "x");

        Result refused = TestHost.process("destroy", "mounted");

        assertThat(refused.err()).contains("something is mounted on " + inside);
        assertThat(inside.resolve("precious")).exists();
        TestHost.run(List.of("umount", inside.toString()), java.util.Map.of());
        Boxes.jbox("destroy", "mounted");
    }

    @Test
    void destroyOfAWrongConfigurationSaysWhatWouldGo() throws IOException {
        Boxes.jbox("create", "wrong", "-t", "none");
        Files.writeString(Path.of("/var/lib/jbox/wrong/config.yaml"), "nmae: wrong\n");

        Result refused = TestHost.process("destroy", "wrong");

        assertThat(refused.exitCode()).isEqualTo(125);
        assertThat(refused.err()).contains("unknown key \"nmae\"").contains("destroy -f removes /var/lib/jbox/wrong");
        Boxes.jbox("destroy", "-f", "wrong");
        assertThat(Path.of("/var/lib/jbox/wrong")).doesNotExist();
    }

    @Test
    void concurrentStartsOfOneBoxGiveOneBox() throws IOException, InterruptedException {
        String file = Boxes.define("box1", Boxes.idle());
        List<Process> starts = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            starts.add(TestHost.builder(TestHost.command("start", file))
                    .redirectErrorStream(true)
                    .start());
        }
        int started = 0;
        for (Process start : starts) {
            String said = new String(TestHost.output(start));
            int code = start.waitFor();
            started += code == 0 ? 1 : 0;
            assertThat(said)
                    .matches(code == 0 ? "" : "jbox: box1: is already running, init is [0-9]+\n(  hint: .*\n)?");
        }
        assertThat(started).isOne();
        assertThat(TestHost.processes("monitor of box1")).hasSize(1);
    }

    @Test
    void severalStartAndStopAtOnce() {
        List<String> names = new ArrayList<>();
        List<String> files = new ArrayList<>();
        for (int i = 1; i <= 12; i++) {
            names.add("box" + i);
            files.add(Boxes.define("box" + i, Boxes.idle()));
        }
        List<String> start = new ArrayList<>(List.of("start"));
        start.addAll(files);
        start.add("/run/boxes/no-such.yaml");
        Result result = TestHost.process(start.toArray(new String[0]));
        assertThat(result.exitCode()).isEqualTo(125);
        assertThat(result.err()).contains("no-such.yaml").doesNotContain("box1:");
        assertThat(Boxes.jbox("ls", "--running", "-1").out().split("\n")).hasSize(12);

        List<String> stop = new ArrayList<>(List.of("stop", "-k"));
        stop.addAll(names);
        Boxes.jbox(stop.toArray(new String[0]));
        assertThat(Boxes.jbox("ls", "--running", "-1").out()).isEmpty();
    }

    @Test
    void thePidFileHoldsInitsPid() throws IOException {
        Path file = Path.of("/run/pidfile");
        Boxes.jbox("start", "-p", file.toString(), Boxes.define("box1", Boxes.idle()));

        String pid = Files.readString(file).trim();

        assertThat(Boxes.jbox("pid", "box1").out().trim()).isEqualTo(pid);
        assertThat(Path.of("/proc", pid, "comm")).hasContent("sleep");
    }

    @Test
    void anInitThatIgnoresEverythingIsEndedInTime() {
        Boxes.jbox("start", Boxes.define("box1", Boxes.idle()));
        Result refused = TestHost.process("stop", "-t", "1", "--nokill", "box1");
        assertThat(refused.err()).contains("box1: does not halt within 1 s");
        assertThat(Boxes.state("box1")).isEqualTo("RUNNING");

        long before = System.nanoTime();
        Boxes.jbox("stop", "-t", "1", "box1");

        assertThat(System.nanoTime() - before).isBetween(1_000_000_000L, 10_000_000_000L);
        assertThat(Boxes.jbox("info", "box1", "-s").exitCode()).isZero();
    }

    @Test
    void fiveHundredProcessesStopAtOnce() {
        String init =
                "init: {cmd: [/bin/sh, -c, \"i=0; while [ $i -lt 500 ]; do sleep 1000 & i=$((i+1)); done; wait\"]}";
        Boxes.jbox("start", Boxes.define("box1", init));
        Boxes.await(
                "500 processes",
                () -> TestHost.process("ls", "-F", "tasks").out().contains("\n501"));

        Boxes.jbox("stop", "-k", "box1");

        assertThat(TestHost.processes("sleep\0001000")).isEmpty();
    }

    @Test
    void aFrozenBoxIsStopped() {
        Boxes.jbox("start", Boxes.define("box1", Boxes.patient()));
        Boxes.jbox("freeze", "box1");
        Boxes.jbox("stop", "box1");
        assertThat(Boxes.jbox("info", "box1", "-s").out()).contains("STOPPED");

        Boxes.jbox("start", Boxes.define("box1", Boxes.patient()));
        Boxes.jbox("freeze", "box1");
        Boxes.jbox("stop", "-k", "box1");
    }

    @Test
    void aRebootInTheBoxStartsItAgainAndAHaltEndsIt() {
        String file = Boxes.define(
                "box1",
                "init: {cmd: [/bin/sh, -c, \"trap 'exit 0' PWR; while :; do sleep 1 & wait; done\"]}",
                "cap: {keep: [sys_boot, setgid, setuid]}");
        Boxes.jbox("start", file);
        String first = Boxes.jbox("pid", "box1").out();

        TestHost.process("exec", "box1", "--", "reboot", "-f");
        Boxes.await("another init", () -> {
            String pid = TestHost.process("pid", "box1").out();
            return !pid.isEmpty() && !pid.equals(first);
        });
        TestHost.process("exec", "box1", "--", "halt", "-f");
        Boxes.jbox("wait", "box1", "-s", "STOPPED", "-t", "10");

        assertThat(Boxes.leftovers()).isEmpty();
    }

    /** Halting is final: a box that reboots as soon as it is asked to halt, or all the time, is stopped all the same. */
    @ParameterizedTest
    @ValueSource(strings = {"-k", "-t 1"})
    void aBoxThatAlwaysRebootsIsStopped(String how) throws InterruptedException {
        List<String> words = new ArrayList<>(List.of("stop"));
        words.addAll(List.of(how.split(" ")));
        words.add("box1");
        for (int i = 0; i < 2; i++) {
            Boxes.jbox("start", Boxes.define("box1", REBOOTS, "cap: {add: [sys_boot]}"));
            Thread.sleep(i * 300);

            Result stop = TestHost.process(words.toArray(new String[0]));

            assertThat(stop.exitCode()).as(stop.err()).isZero();
            assertThat(TestHost.processes("monitor of box1")).isEmpty();
            Thread.sleep(800);
            assertThat(Boxes.state("box1")).isEqualTo("STOPPED");
        }
        Boxes.jbox("start", Boxes.define("box1", Boxes.idle()));
        assertThat(Boxes.state("box1")).isEqualTo("RUNNING");
    }

    /** What starting it again costs is outside of its limits. */
    @Test
    void aBoxThatAlwaysRebootsIsStartedLessAndLessOften() throws InterruptedException {
        Boxes.jbox("start", Boxes.define("box1", REBOOTS, "cap: {add: [sys_boot]}"));
        Boxes.await("reboots", () -> TestHost.process("info", "box1").out().contains("Reboots:       4 in a row"));

        Thread.sleep(3000);

        assertThat(TestHost.process("info", "box1").out()).containsPattern("Reboots: +[4-6] in a row");
        long begun = System.nanoTime();
        Boxes.jbox("stop", "-k", "box1");
        assertThat(System.nanoTime() - begun).isLessThan(5_000_000_000L);
    }

    @Test
    void anotherFolderOfBoxesIsAnotherWorld() throws IOException {
        String other = "/run/other-boxes";
        Boxes.jbox("create", "twin", "-t", "none");
        define("twin", "");
        Files.createDirectories(Path.of(other, "twin"));
        Files.copy(Path.of("/var/lib/jbox/twin/config.yaml"), Path.of(other, "twin/config.yaml"));
        Boxes.jbox("start", "twin");

        for (List<String> command : List.of(
                List.of("stop", "-k", "-P", other, "twin"),
                List.of("start", "-P", other, "twin"),
                List.of("exec", "-P", other, "twin", "--", "true"),
                List.of("destroy", "-f", "-P", other, "twin"))) {
            assertThat(TestHost.process(command.toArray(new String[0])).exitCode())
                    .as(command.toString())
                    .isEqualTo(125);
        }
        assertThat(Boxes.jbox("ls", "-P", other, "--running").out()).isEmpty();
        assertThat(Boxes.state("twin")).isEqualTo("RUNNING");
        Boxes.jbox("stop", "-k", "twin");

        Boxes.jbox("start", "-P", other, "twin");
        Boxes.jbox("restart", "-k", "twin");
        assertThat(Boxes.jbox("info", "twin").out()).contains("Config:        " + other + "/twin/config.yaml");
        assertThat(TestHost.process("destroy", "-f", "twin").err())
                .contains("the running box of that name belongs to " + other);
        Boxes.jbox("destroy", "-f", "-P", other, "twin");
        Boxes.jbox("destroy", "twin");
    }

    @Test
    void wordsBehindTwoDashesReplaceInit() {
        Boxes.jbox("start", Boxes.define("box1", Boxes.patient()), "--", "/bin/sleep", "31415");

        assertThat(TestHost.processes("/bin/sleep 31415")).hasSize(1);
    }

    @Test
    void aStopThatWasKilledLeavesABoxThatRuns() throws IOException, InterruptedException {
        Boxes.jbox("start", Boxes.define("box1", Boxes.idle()));
        Process stop = TestHost.builder(TestHost.command("stop", "box1")).start();
        Boxes.await("the box to be stopping", () -> Boxes.state("box1").equals("STOPPING"));
        assertThat(Boxes.jbox("exec", "box1", "--", "echo", "hello").out()).isEqualTo("hello\n");

        stop.destroyForcibly().waitFor();

        assertThat(Boxes.state("box1")).isEqualTo("RUNNING");
    }

    @Test
    void whoeverChangesABoxTellsItsStateAsJson() {
        String file = Boxes.define("box1", Boxes.idle());

        assertThat(Boxes.jbox("start", "--json", file).out()).contains("\"state\": \"RUNNING\"", "\"pid\": ");
        assertThat(Boxes.jbox("freeze", "--json", "box1").out()).contains("\"state\": \"FROZEN\"", "\"pid\": ");
        assertThat(Boxes.jbox("unfreeze", "--json", "box1").out()).contains("\"state\": \"RUNNING\"");
        assertThat(Boxes.jbox("restart", "-k", "--json", "box1").out()).contains("\"state\": \"RUNNING\"");
        assertThat(Boxes.jbox("wait", "-s", "RUNNING", "--json", "box1").out()).contains("\"state\": \"RUNNING\"");
        assertThat(TestHost.process("wait", "-s", "STOPPED", "-t", "0", "--json", "box1")
                        .out())
                .contains("\"state\": \"RUNNING\"");
        assertThat(Boxes.jbox("kill", "--json", "box1", "WINCH").out()).contains("\"name\": \"box1\"");
        assertThat(Boxes.jbox("stop", "-k", "--json", "box1").out())
                .contains("\"state\": \"STOPPED\"")
                .doesNotContain("pid");
        Boxes.jbox("create", "made", "-t", "none");
        assertThat(Boxes.jbox("destroy", "--json", "made").out()).contains("\"name\": \"made\"", "\"destroyed\": true");
    }

    /** A name that never was is no box, and does not become one by being asked for. */
    @ParameterizedTest
    @ValueSource(strings = {"kill", "stop", "exec", "console", "freeze", "net ls"})
    void anUnknownNameIsAnError(String command) {
        Boxes.jbox("start", Boxes.define("box1", Boxes.idle()));
        List<String> words = new ArrayList<>(List.of(command.split(" ")));
        words.add("bux1");
        if (command.equals("exec")) {
            words.add("true");
        }

        Result refused = TestHost.process(words.toArray(new String[0]));

        assertThat(refused.err()).contains("there is no box \"bux1\"").contains("did you mean \"box1\"?");
        assertThat(Path.of("/run/jbox/bux1")).doesNotExist();
    }

    /** A box may be waited for before there is one; that makes none. */
    @Test
    void whoWaitsForABoxThatNobodyKnowsIsTold() {
        Result late = TestHost.process("wait", "-s", "RUNNING", "-t", "0", "bux1");

        assertThat(late.exitCode()).isOne();
        assertThat(late.err()).contains("there is no box \"bux1\" yet");
        assertThat(TestHost.process("exec", "bux1", "true").err()).contains("there is no box \"bux1\"");
    }

    @Test
    void aBoxOfAnotherNameHasAnotherHostName() {
        String file = Boxes.define("box1", "uts: {name: box1}", Boxes.idle());

        Boxes.jbox("start", "-f", file, "made");

        assertThat(Boxes.jbox("exec", "made", "--", "hostname").out()).isEqualTo("made\n");
        Boxes.jbox("stop", "-k", "made");
    }

    @Test
    void restartIsAnotherInit() {
        Boxes.jbox("start", Boxes.define("box1", Boxes.patient()));
        String first = Boxes.jbox("pid", "box1").out();
        Boxes.jbox("restart", "box1");
        String second = Boxes.jbox("pid", "box1").out();
        Boxes.jbox("stop", "-r", "-t", "1", "box1");
        String third = Boxes.jbox("pid", "box1").out();

        assertThat(List.of(first, second, third)).doesNotHaveDuplicates();
    }

    @Test
    void aSigtermToTheMonitorHaltsTheBox() throws IOException {
        Boxes.jbox("start", Boxes.define("box1", Boxes.patient()));
        String monitor = TestHost.processes("monitor of box1").get(0).split(" ")[0];

        ProcessHandle.of(Long.parseLong(monitor)).orElseThrow().destroy();

        Boxes.jbox("wait", "box1", "-s", "STOPPED", "-t", "10");
        assertThat(Files.readAllBytes(Path.of("/run/jbox/box1/exit"))).containsExactly(0, 0);
    }

    @Test
    void eventsAsTheyHappen() throws IOException, InterruptedException {
        String file = Boxes.define("box1", Boxes.patient());
        Process events =
                TestHost.builder(TestHost.command("events", "--json", "box1")).start();
        // An event that does not come is a failure, not a wait without end.
        CompletableFuture.delayedExecutor(60, TimeUnit.SECONDS)
                .execute(() -> events.toHandle().destroy());
        try (BufferedReader out = events.inputReader()) {
            Thread.sleep(1500);
            Boxes.jbox("start", file);
            Boxes.jbox("freeze", "box1");
            Boxes.jbox("unfreeze", "box1");
            Boxes.jbox("stop", "box1");
            List<String> states = new ArrayList<>();
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                states.add(line.replaceAll(".*\"state\": \"([A-Z]+)\".*", "$1"));
                if (line.contains("STOPPED")) {
                    break;
                }
            }
            assertThat(states)
                    .containsExactly(
                            "STARTING", "RUNNING", "FREEZING", "FROZEN", "THAWED", "RUNNING", "STOPPING", "STOPPED");
        } finally {
            events.toHandle().destroy();
            events.waitFor(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void noEventIsMissedHoweverQuicklyBoxesComeAndGo() throws IOException, InterruptedException {
        String file = Boxes.define("box1", Boxes.idle());
        Process events = TestHost.builder(TestHost.command("events", "box1")).start();
        List<String> lines;
        try (BufferedReader out = events.inputReader()) {
            Thread.sleep(1500);
            for (int i = 0; i < 10; i++) {
                Boxes.jbox("start", file);
                Boxes.jbox("kill", "box1", "KILL");
                Boxes.jbox("wait", "box1", "-s", "STOPPED");
            }
            Thread.sleep(500);
            events.toHandle().destroy();
            lines = out.lines().toList();
        }

        assertThat(lines).filteredOn(line -> line.contains("RUNNING")).hasSize(10);
        assertThat(lines).filteredOn(line -> line.contains("STOPPED")).hasSize(10);
        assertThat(lines.get(lines.size() - 1)).contains("STOPPED");
    }

    @Test
    void waitReturnsWhenInitIsKilled() throws IOException, InterruptedException {
        Boxes.jbox("start", Boxes.define("box1", Boxes.idle()));
        Process wait = TestHost.builder(TestHost.command("wait", "box1", "-s", "STOPPED"))
                .start();
        Thread.sleep(1000);
        assertThat(wait.isAlive()).isTrue();

        ProcessHandle.of(Long.parseLong(Boxes.jbox("pid", "box1").out().trim()))
                .orElseThrow()
                .destroyForcibly();

        assertThat(wait.waitFor(5, TimeUnit.SECONDS)).isTrue();
        assertThat(wait.exitValue()).isZero();
    }

    @Test
    void autostartGoesByOrderAndGroup() throws IOException {
        for (String name : List.of("auto1", "auto2", "auto3", "manual")) {
            Files.createDirectories(Path.of("/var/lib/jbox", name));
        }
        define("auto1", "start: {auto: true, order: 1}");
        define("auto2", "start: {auto: true, order: 5}\ngroup: [onboot]");
        define("auto3", "start: {auto: true, order: 9}\ngroup: [other]");
        define("manual", "");
        assertThat(Boxes.jbox("autostart", "-L").out()).isEqualTo("auto2 0\nauto1 0\n");
        assertThat(Boxes.jbox("autostart", "-L", "-a").out()).isEqualTo("auto3 0\nauto2 0\nauto1 0\n");
        assertThat(Boxes.jbox("autostart", "-L", "-g", "other").out()).isEqualTo("auto3 0\n");

        Boxes.jbox("autostart");
        assertThat(Boxes.jbox("ls", "--running", "-1").out()).isEqualTo("auto1\nauto2\n");
        Boxes.jbox("autostart", "-k", "-a");
        assertThat(Boxes.jbox("ls", "--running", "-1").out()).isEmpty();
        for (String name : List.of("auto1", "auto2", "auto3", "manual")) {
            Boxes.jbox("destroy", name);
        }
    }

    private static void define(String name, String lines) throws IOException {
        Files.writeString(
                Path.of("/var/lib/jbox", name, "config.yaml"),
                "rootfs: {path: " + TestHost.ROOTFS + "}\n" + Boxes.idle() + "\n" + lines + "\n");
    }

    @Test
    void anEphemeralBoxIsGoneWhenItHasStopped() throws IOException {
        Files.createDirectories(Path.of("/var/lib/jbox/fleeting"));
        define("fleeting", "ephemeral: true");
        Boxes.jbox("start", "fleeting");

        Boxes.jbox("stop", "-k", "fleeting");

        Boxes.await("its folder to go", () -> !Files.exists(Path.of("/var/lib/jbox/fleeting")));
    }
}
