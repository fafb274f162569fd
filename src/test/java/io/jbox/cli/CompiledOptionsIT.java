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
                "-e V234567890123456789012345678901234567890123456789012345678901234=long options",
                "options -e A=1 -e B=2 -e A=3",
                "-T options",
                "options -w /etc -T",
            })
    void withOptionsNoJvmIsNeeded(String words) {
        // The names that the script makes are the same.
        boolean both = words.startsWith("-e SET");
        for (String launcher : both ? List.of(PROGRAM, NotedJava.JBOX) : List.of(PROGRAM)) {
            for (String command : List.of("exec", "run")) {
                List<String> given = new ArrayList<>(List.of(words));
                if (command.equals("exec")) {
                    given.add((words.contains("-w") ? "-u nobody " : "-u 7:8 ") + words);
                } else if (words.contains("-T")) {
                    continue;
                }
                for (String each : given) {
                    compile(launcher, command, each);
                    sameBothWays(launcher, command + " " + each + " -- " + SHOW);
                }
            }
        }
    }

    private static void sameBothWays(String launcher, String line) {
        Noted program = sh(launcher, "echo in | $JBOX " + line);
        Noted jvm = sh(launcher, "echo in | JBOX_PROGRAM=off $JBOX " + line);
        assertThat(program.result()).as(line).isEqualTo(jvm.result());
        assertThat(jvm.jvms()).as(line).isOne();
        assertThat(program.jvms()).as(line).isZero();
    }

    /** A start that fails, a variable that jbox sets itself, and a command that is not alone. */
    @Test
    void whatFailsIsToldByTheJvm() {
        for (String words : List.of(
                "-w /nowhere options -- pwd",
                "-w /bin/sh options -- pwd",
                "-u 7 -w /root options -- pwd",
                "-w / options nothing-like-it")) {
            compile(PROGRAM, "exec", words.replaceFirst("options .*", "options"));
            assertThat(sh(PROGRAM, "$JBOX exec " + words).result())
                    .as(words)
                    .isEqualTo(
                            sh(PROGRAM, "JBOX_PROGRAM=off $JBOX exec " + words).result());
        }
    }

    @Test
    void variablesThatJboxSetsItselfAreReplaced() {
        for (String command : List.of("exec", "run")) {
            compile(PROGRAM, command, "-e HOME=x -e TERM=x -e container=x -e USER=x options");
            sameBothWays(
                    PROGRAM,
                    command + " -e HOME='a b' -e TERM= -e container=c -e USER=d options -- sh -c 'env | sort'");
        }
    }

    /** Each has a slot of its own, once several were wanted. */
    @Test
    void severalCommandsWithOptionsRunAtOnce() {
        compile(PROGRAM, "run", "-w /tmp options");
        String all = "for i in 1 2 3 4; do $JBOX run -w /tmp options -- sh -c 'sleep 0.3; pwd' & done; wait";
        assertThat(sh(PROGRAM, all).result().out()).isEqualTo("/tmp\n".repeat(4));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--streams pp -- run -u 7 options",
                "--streams pp -- run -T options",
                "--streams pp -- exec -t options",
                "--streams ttt -- exec -T options",
                "--streams xyz -- exec options",
                "--streams pp -- stop options",
                "--streams pp -- exec",
                "--streams pp options -- exec options",
                "--streams pp --tool unshare -- -u",
                "--streams pp -o /run/file -- exec options",
            })
    void otherWordsAreWrongUsage(String words) {
        assertThat(sh(PROGRAM, "$JBOX compile " + words).result().exitCode()).isEqualTo(2);
    }

    /** With a terminal of the caller's, -t changes nothing, and -T is for the JVM. */
    @Test
    void onATerminal() {
        must("compile", "--streams", "ttt", "--", "exec", "-t", "-u", "7", "options");
        String line =
                "script -qec \"$JBOX exec %s -u 7 options -- sh -c 'tty; stat -L -c %%u /proc/self/fd/0'\" /dev/null </dev/null";
        Noted program = sh(NotedJava.JBOX, line.formatted("-t"));
        assertThat(program.result().out()).contains("/dev/pts/", "7\r\n");
        assertThat(program.jvms()).isZero();
        Noted none = sh(NotedJava.JBOX, line.formatted("-T"));
        assertThat(none.result().out()).contains("not a tty");
        assertThat(none.jvms()).isOne();
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
                // The script only looks at the words; the program of the box looks at all of them, whoever executes it.
                if (launcher.equals(PROGRAM) || words.startsWith("-u 7")) {
                    assertThat(sh(launcher, "$JBOX exec " + words).jvms())
                            .as(words)
                            .isOne();
                }
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

    /** Words that no program is called by are not made one of for long. */
    @Test
    void veryManyWordsAreForTheJvm() {
        for (String launcher : List.of(PROGRAM, NotedJava.JBOX)) {
            for (String words : List.of(
                    "-w $(head -c 100000 /dev/zero | tr '\\0' /)tmp",
                    "$(yes -- -T | head -n 20000)",
                    "-u $(printf %5000d 7)")) {
                Noted noted = sh(launcher, "timeout 20 $JBOX exec " + words + " options -- echo done");
                assertThat(noted.result().exitCode()).as(words).isNotEqualTo(124);
                assertThat(noted.jvms()).as(words).isOne();
            }
        }
    }

    /** Nor do notes of what could not be compiled outlive the box. */
    @Test
    void thereAreNoMoreThanSoMany() {
        must("create", "-f", Boxes.define("hooked", "hook: {pre-start: [/bin/true]}"), "hooked");
        sh(
                NotedJava.JBOX,
                "cd /var/cache/jbox/programs$JBOX && for i in $(seq 70); do : >tried.run.hooked.pp.-e.A$i.N; done");
        assertThat(sh(NotedJava.JBOX, "$JBOX compile --streams pp -- run -e A=b hooked")
                        .result()
                        .err())
                .contains("run is not compiled: it has hooks");
        String tried = "ls /var/cache/jbox/programs" + NotedJava.JBOX + " | grep -c 'tried.run.hooked' || :";
        assertThat(sh(NotedJava.JBOX, tried).result().out()).isEqualTo("64\n");
        must("destroy", "hooked");
        assertThat(sh(NotedJava.JBOX, tried).result().out()).isEqualTo("0\n");
        // As if they had been compiled, and not been used since.
        sh(
                NotedJava.JBOX,
                "cd /var/cache/jbox/programs$JBOX && for i in $(seq 20); do touch -d '1 hour ago' exec.options.pp.-u.$i.N; done");
        compile(NotedJava.JBOX, "exec", "-u 21 options");
        String[] left = new File("/var/cache/jbox/programs" + NotedJava.JBOX)
                .list((folder, name) -> name.startsWith("exec.options.") && name.contains(".N"));
        assertThat(left).hasSize(16).contains("exec.options.pp.-u.21.N");
    }
}
