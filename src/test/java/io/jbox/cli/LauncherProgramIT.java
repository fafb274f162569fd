package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.CompiledBox;
import io.jbox.testhost.NotedJava;
import io.jbox.testhost.NotedJava.Noted;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** bin/jbox of a distribution, a program: it finds the programs of boxes, and is like the script where there are none. */
class LauncherProgramIT {
    private static final String PROGRAM =
            Path.of("target/dist/bin/jbox").toAbsolutePath().toString();

    @BeforeAll
    static void boxes() {
        TestHost.require();
        NotedJava.make();
        CompiledBox.hideShifts();
        must("create", "-f", Boxes.define("known", Boxes.halting()), "known");
        // Without a compiler in the background, which may be late, and then finds what a test has changed.
        jbox(Map.of("JBOX_PROGRAM", "off"), "start", "known");
        must("compile", "known");
    }

    @AfterAll
    static void stop() {
        must("stop", "-k", "known");
        must("destroy", "known");
        CompiledBox.showShifts();
        assertThat(Boxes.leftovers()).isEmpty();
    }

    private static Noted jbox(String... words) {
        return jbox(Map.of(), words);
    }

    private static Noted jbox(Map<String, String> environment, String... words) {
        List<String> command = new ArrayList<>(List.of(PROGRAM));
        command.addAll(List.of(words));
        return NotedJava.run(command, environment);
    }

    private static Noted sh(String line) {
        return NotedJava.run(List.of("env", "--default-signal", "sh", "-c", line), Map.of("JBOX", PROGRAM));
    }

    private static void must(String... words) {
        assertThat(jbox(words).result().exitCode()).as(String.join(" ", words)).isZero();
    }

    @Test
    void whatIsCompiledNeedsNoJvm() {
        Noted exec = jbox("exec", "known", "--", "sh", "-c", "echo out; echo err >&2; exit 3");
        assertThat(exec).isEqualTo(new Noted(new TestHost.Result(3, "out\n", "err\n"), 0));
        assertThat(sh("$JBOX exec known -- sh -c 'echo out; echo err >&2' 2>&1"))
                .isEqualTo(new Noted(new TestHost.Result(0, "out\nerr\n", ""), 0));
        assertThat(jbox("exec", "known", "sh", "-c", "echo $1", "--", "-x"))
                .isEqualTo(new Noted(new TestHost.Result(0, "-x\n", ""), 0));
        assertThat(jbox("run", "known", "echo", "-e", "a").jvms()).isZero();
        assertThat(sh("echo in | $JBOX run known -- cat; $JBOX run known -- true >/dev/null 2>&1; echo $?"))
                .isEqualTo(new Noted(new TestHost.Result(0, "in\n0\n", ""), 0));
        assertThat(jbox("stop", "known").jvms()).isZero();
        assertThat(jbox("start", "known").jvms()).isZero();
        assertThat(jbox("stop", "-k", "known").jvms()).isZero();
        assertThat(jbox("start", "known").jvms()).isZero();
        assertThat(jbox("exec", "known", "--", "hostname").result().out()).isEqualTo("known\n");
    }

    /** Each has its own program, and the launcher waits for all of them. */
    @Test
    void severalBoxesAreStartedAndStoppedByTheirPrograms() throws IOException {
        for (String box : List.of("one", "two", "three")) {
            must("create", "-f", Boxes.define(box, Boxes.halting()), box);
        }
        try {
            // A use compiles them in the background, one after the other.
            jbox("start", "one", "two", "three");
            Path programs = Path.of("/var/cache/jbox/programs" + PROGRAM);
            for (String box : List.of("one", "two", "three")) {
                Boxes.await("programs of " + box, () -> Files.exists(programs.resolve("stop." + box + ".h")));
            }

            Noted done = new Noted(new TestHost.Result(0, "", ""), 0);
            assertThat(jbox("stop", "-k", "three", "one", "two")).isEqualTo(done);
            assertThat(states()).isEqualTo("STOPPED STOPPED STOPPED");
            assertThat(jbox("start", "two", "three", "one")).isEqualTo(done);
            assertThat(states()).isEqualTo("RUNNING RUNNING RUNNING");
            assertThat(jbox("stop", "two", "three")).isEqualTo(done);
            assertThat(states()).isEqualTo("RUNNING STOPPED STOPPED");

            // One that cannot be started is told by a JVM of its own; the others are started.
            Noted running = jbox("start", "three", "one", "two");
            assertThat(running.jvms()).isEqualTo(1);
            assertThat(running.result().exitCode()).isEqualTo(125);
            assertThat(running.result().err())
                    .contains("one")
                    .contains("is already running")
                    .doesNotContain("two");
            assertThat(states()).isEqualTo("RUNNING RUNNING RUNNING");

            // What the launcher does not do itself is done by one JVM for all of them.
            assertThat(jbox("stop", "-k", "one", "two", "one").jvms()).isEqualTo(1);
            assertThat(states()).isEqualTo("STOPPED STOPPED RUNNING");
            Noted unknown = jbox("start", "one", "nowhere", "two");
            assertThat(unknown.jvms()).isEqualTo(1);
            assertThat(unknown.result().err()).contains("nowhere");
            assertThat(states()).isEqualTo("RUNNING RUNNING RUNNING");
            assertThat(sh("env --ignore-signal=CHLD $JBOX stop -k one two three")
                            .jvms())
                    .isEqualTo(1);
            assertThat(states()).isEqualTo("STOPPED STOPPED STOPPED");
        } finally {
            // It has a look at all boxes, and a program gives up where it finds one locked.
            Boxes.await(
                    "the end of the compiler",
                    () -> TestHost.processes("compile --used").isEmpty());
            must("destroy", "-f", "one");
            must("destroy", "-f", "two");
            must("destroy", "-f", "three");
        }
    }

    private static String states() {
        StringBuilder all = new StringBuilder();
        for (String box : List.of("one", "two", "three")) {
            all.append(' ').append(TestHost.jbox("info", "-sH", box).out().strip());
        }
        return all.substring(1);
    }

    @Test
    void manyBoxesAreSeveralAtATime() {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            all.add("many" + i);
        }
        String names = String.join(" ", all);
        try {
            String config = Boxes.define("many", Boxes.halting());
            for (String name : all) {
                must("create", "-f", config, name);
            }
            sh("JBOX_PROGRAM=off $JBOX start " + names + " && for box in " + names + "; do $JBOX compile $box; done");
            assertThat(sh("$JBOX stop -k " + names).jvms()).isZero();
            assertThat(sh("$JBOX start " + names)).isEqualTo(new Noted(new TestHost.Result(0, "", ""), 0));
            assertThat(TestHost.jbox("ls", "--running", "-1").out().lines().filter(name -> name.startsWith("many")))
                    .hasSize(10);
            assertThat(sh("$JBOX stop " + names)).isEqualTo(new Noted(new TestHost.Result(0, "", ""), 0));
            assertThat(TestHost.jbox("ls", "--running", "-1").out()).doesNotContain("many");
        } finally {
            all.forEach(name -> must("destroy", "-f", name));
        }
    }

    /** SIGKILL, while the programs of boxes wait for their ends: they stop waiting, and the boxes run on. */
    @Test
    void theProgramsOfSeveralBoxesEndWithTheLauncher() throws IOException {
        List<String> boxes = List.of("deaf1", "deaf2");
        try {
            for (String box : boxes) {
                must("create", "-f", Boxes.define(box, Boxes.idle(), "signal: {halt: SIGUSR1}"), box);
                sh("JBOX_PROGRAM=off $JBOX start " + box + " && $JBOX compile " + box);
            }
            String three = "pgrep -f 'bin/jbox stop dea[f]' | wc -l";
            Noted killed =
                    sh("$JBOX stop deaf1 deaf2 & until [ $(" + three + ") = 3 ]; do sleep 0.01; done; kill -9 $!;"
                            + " until [ $(" + three + ") = 0 ]; do sleep 0.01; done; wait $!; echo $?");

            assertThat(killed).isEqualTo(new Noted(new TestHost.Result(0, "137\n", ""), 0));
            for (String box : boxes) {
                assertThat(Boxes.state(box)).isEqualTo("RUNNING");
            }
        } finally {
            boxes.forEach(box -> TestHost.jbox("destroy", "-f", box));
        }
    }

    /** A program that gives up becomes this launcher again, which looks for none then. */
    @Test
    void whatHasChangedIsDoneByAJvmOnce() throws IOException {
        Path config = Path.of("/var/lib/jbox/known/config.yaml");
        String before = Files.readString(config);
        Files.writeString(config, before + "environment: [CHANGED=yes]\n");
        notYetAgain();
        try {
            Noted noted = jbox("run", "known", "--", "env");
            assertThat(noted.result().out()).contains("CHANGED=yes");
            assertThat(noted.jvms()).isOne();
        } finally {
            Files.writeString(config, before);
            must("compile", "known");
        }
    }

    /** Nobody compiles in the background what a test changes, and changes back. */
    private static void notYetAgain() {
        Wires.sh("touch $(ls /var/cache/jbox/programs" + PROGRAM + "/tried.*.known)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"JBOX_TRACE", "JBOX_ARCHIVE", "JBOX_PROGRAM"})
    void withVariablesOfJboxsOwnTheJvmIsAsked(String variable) {
        Noted noted = jbox(Map.of(variable, "off"), "exec", "known", "--", "true");
        assertThat(noted).isEqualTo(new Noted(new TestHost.Result(0, "", ""), 1));
    }

    @Test
    void whatIsNotRootsIsNotExecuted() throws IOException {
        notYetAgain();
        Path program = Path.of("/var/cache/jbox/programs" + PROGRAM + "/exec.known.pp");
        Files.setAttribute(program, "unix:uid", 1);
        assertThat(jbox("exec", "known", "--", "true").jvms()).isOne();
        Files.setAttribute(program, "unix:uid", 0);
        assertThat(jbox("exec", "known", "--", "true").jvms()).isZero();

        Path aside = program.resolveSibling("aside");
        Files.move(program, aside);
        Files.createSymbolicLink(program, aside);
        assertThat(jbox("exec", "known", "--", "true").jvms()).isOne();
        Files.delete(program);
        Files.createDirectory(program);
        assertThat(jbox("exec", "known", "--", "true").jvms()).isOne();
        Files.delete(program);
        Files.writeString(program, "");
        Files.setAttribute(program, "unix:mode", 0700);
        assertThat(jbox("exec", "known", "--", "true").jvms()).isOne();
        Files.move(aside, program, StandardCopyOption.REPLACE_EXISTING);
        assertThat(jbox("exec", "known", "--", "true").jvms()).isZero();
    }

    /** Exit codes and messages of what no program does. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "version",
                "ls -1",
                "exec",
                "exec known",
                "exec known --",
                "exec known -- --",
                "exec known nothing",
                "exec known --ns uts hostname",
                "exec nobody -- true",
                "exec known -u 7 -- id -u",
                "run ../known -- true",
                "start known",
                "start",
                "stop nobody",
                "stop -k",
                "--help",
                "unshare -n --kill-child true",
            })
    void otherwiseItIsLikeTheScript(String words) {
        List<String> script = new ArrayList<>(List.of(NotedJava.JBOX));
        List<String> program = new ArrayList<>(List.of(PROGRAM));
        for (String word : words.isEmpty() ? new String[0] : words.split(" ")) {
            script.add(word);
            program.add(word);
        }
        assertThat(NotedJava.run(program, Map.of())).isEqualTo(NotedJava.run(script, Map.of()));
    }

    @Test
    void calledByTheNamesOfTools() throws IOException {
        for (String tool : List.of("unshare", "nsenter", "lsns")) {
            Path link = Path.of("/run/" + tool);
            Files.createSymbolicLink(link, Path.of(PROGRAM));
            Noted noted = NotedJava.run(List.of(link.toString(), "--help"), Map.of());
            assertThat(noted.result().out()).contains("jbox " + tool);
            Files.delete(link);
        }
    }
}
