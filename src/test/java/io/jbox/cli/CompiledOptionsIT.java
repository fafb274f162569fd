package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.CompiledBox;
import io.jbox.testhost.NotedJava;
import io.jbox.testhost.NotedJava.Noted;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.Wires;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code exec} and {@code run} with options by a program, as by the JVM, with both launchers. */
class CompiledOptionsIT {
    private static final String PROGRAM =
            Path.of("target/dist/bin/jbox").toAbsolutePath().toString();

    private static final String SHOW = "sh -c 'id; pwd; env | sort; umask; echo \"$0\" \"$@\"; cat; exit 3' \"a b\" c";

    @BeforeAll
    static void boxes() {
        TestHost.require();
        NotedJava.make();
        CompiledBox.hideShifts();
        must(
                "create",
                "-f",
                Boxes.define("options", Boxes.idle(), "environment: [SET=config, OTHER=config]"),
                "options");
        NotedJava.sh("export JBOX_PROGRAM=off; $JBOX start options");
    }

    @AfterAll
    static void stop() {
        must("stop", "-k", "options");
        must("destroy", "options");
        CompiledBox.showShifts();
        assertThat(Boxes.leftovers()).isEmpty();
    }

    private static void must(String... words) {
        assertThat(NotedJava.jbox(words).result().exitCode())
                .as(String.join(" ", words))
                .isZero();
    }

    private static Noted sh(String launcher, String line) {
        return NotedJava.run(List.of("env", "--default-signal", "sh", "-c", line), Map.of("JBOX", launcher));
    }

    private static void compile(String launcher, String command, String words) {
        Noted noted = sh(launcher, "$JBOX compile --streams pp -- " + command + " " + words);
        assertThat(noted.result().exitCode()).as(noted.toString()).isZero();
        assertThat(noted.result().out()).contains("/" + command + ".options.pp.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-e A=b options",
                "-e SET=mine -w /tmp options",
                "options -e A=1 -e B=2 -e A=3",
                "-T options",
                "options -w /etc -T",
            })
    void withOptionsNoJvmIsNeeded(String words) {
        for (String launcher : List.of(PROGRAM, NotedJava.JBOX)) {
            for (String command : List.of("exec", "run")) {
                List<String> given = new ArrayList<>(List.of(words));
                if (command.equals("exec")) {
                    given.add("-u 7:8 " + words);
                    given.add("-u nobody " + words);
                } else if (words.contains("-T")) {
                    continue;
                }
                for (String each : given) {
                    compile(launcher, command, each);
                    sameBothWays(launcher, command + " " + each + " -- " + SHOW);
                    sameBothWays(launcher, command + " " + each + " nothing-like-it");
                }
            }
        }
    }

    private static void sameBothWays(String launcher, String line) {
        Noted program = sh(launcher, "echo in | $JBOX " + line);
        Noted jvm = sh(launcher, "echo in | JBOX_PROGRAM=off $JBOX " + line);
        assertThat(program.result()).as(line).isEqualTo(jvm.result());
        assertThat(jvm.jvms()).as(line).isOne();
        // What cannot be executed is told by a JVM.
        assertThat(program.jvms()).as(line).isEqualTo(line.endsWith("nothing-like-it") ? 1 : 0);
    }

    /** The value is nobody's business but the command's, and may be another one each time. */
    @Test
    void valuesOfVariablesAreNotKept() {
        compile(PROGRAM, "exec", "-e TOKEN=swordfish options");
        for (String value : List.of("hunter2", "'a b'", "", "x=y", "'$A\\n'", "ü")) {
            Noted noted = sh(PROGRAM, "$JBOX exec -e TOKEN=" + value + " options -- sh -c 'echo \"$TOKEN\"'");
            assertThat(noted.result().out())
                    .isEqualTo(sh(PROGRAM, "printf '%s\\n' " + value).result().out());
            assertThat(noted.jvms()).isZero();
        }
        assertThat(Wires.sh("grep -rl swordfish /var/cache/jbox/programs || :")).isEmpty();
        assertThat(Wires.sh("ls -R /var/cache/jbox/programs")).contains("TOKEN").doesNotContain("swordfish");
    }

    @Test
    void whatIsAnythingElseIsForTheJvm() {
        compile(PROGRAM, "exec", "-u 7 -e A=b options");
        compile(NotedJava.JBOX, "exec", "-u 7 -e A=b options");
        for (String launcher : List.of(PROGRAM, NotedJava.JBOX)) {
            assertThat(sh(launcher, "$JBOX exec -u 7 -e A=b options -- true").jvms())
                    .isZero();
            for (String words : List.of(
                    "-u 8 -e A=b options -- true",
                    "-u 7 -e B=b options -- true",
                    "-e A=b -u 7 options -- true",
                    "options -u 7 -e A=b -- true",
                    "-u 7 -e A options -- true",
                    "-u 7 -e A=b options",
                    "-u 7 -e A=b options --",
                    "-u 7 -e A=b -- true",
                    "-u 7 -e A=b options -x true",
                    "-u7 -e A=b options -- true",
                    "-u 7 -e A=b nobody -- true")) {
                assertThat(sh(launcher, "$JBOX exec " + words).jvms()).as(words).isOne();
            }
        }
    }

    @Test
    void thereIsNoProgramForAUserThatTheBoxDoesNotHave() {
        Noted nobody = sh(PROGRAM, "$JBOX exec -u someone options -- id -u");
        assertThat(nobody.result().err()).contains("has no user \"someone\"");
        Noted refused = sh(PROGRAM, "$JBOX compile --streams pp -- exec -u someone options");
        assertThat(refused.result().exitCode()).isNotZero();
    }

    @Test
    void whatIsUsedIsCompiled() {
        Noted first = sh(PROGRAM, "$JBOX exec -w /tmp -e LANG=C options -- pwd; $JBOX run -w /tmp options -- pwd");
        assertThat(first.result().out()).isEqualTo("/tmp\n/tmp\n");
        String programs = "/var/cache/jbox/programs" + PROGRAM;
        Boxes.await(
                "there is no program",
                () -> new File(programs, "exec.options.pp.-w.!tmp.-e.LANG.N").exists()
                        && new File(programs, "run.options.pp.-w.!tmp.N").exists());
        assertThat(sh(PROGRAM, "$JBOX exec -w /tmp -e LANG=C options -- pwd; $JBOX run -w /tmp options -- pwd"))
                .isEqualTo(new Noted(first.result(), 0));
    }

    @Test
    void thereAreNoMoreThanSoMany() {
        for (int i = 0; i < 20; i++) {
            compile(NotedJava.JBOX, "exec", "-u " + i + " options");
        }
        String[] left = new File("/var/cache/jbox/programs" + NotedJava.JBOX)
                .list((folder, name) -> name.startsWith("exec.options.pp.-"));
        assertThat(left).hasSize(16).contains("exec.options.pp.-u.19.N");
    }
}
