package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.CompiledBox;
import io.jbox.testhost.NotedJava;
import io.jbox.testhost.NotedJava.Noted;
import io.jbox.testhost.OciImage;
import io.jbox.testhost.TarBuilder;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code run --image} needs no JVM once it has been used; what a command writes is gone at its end, however that came. */
class CompiledImageIT {
    private static final Path FOLDER = Path.of("/run/run-image");
    private static final String IMAGE = "oci:/run/run-image/it";
    private static final List<String> PROGRAMS = List.of(
            "true", "env", "sort", "hostname", "mount", "sed", "mkdir", "rm", "ln", "mkfifo", "chmod", "tr", "grep");
    private static final Path STORE = Path.of("/var/lib/jbox/.store");
    private static final Path SLOT = STORE.resolve("uppers/it~slot0");
    private static final String PROGRAM =
            Path.of("target/dist/bin/jbox").toAbsolutePath().toString();

    @BeforeAll
    static void image() throws IOException {
        TestHost.require();
        NotedJava.make();
        CompiledBox.hideShifts();
        Files.createDirectories(FOLDER);
        write("one");
    }

    private static void write(String says) throws IOException {
        TarBuilder files = TarBuilder.busybox().file("which", says + "\n");
        for (String program : PROGRAMS) {
            files.link("bin/" + program, "busybox");
        }
        new OciImage()
                .layer(files)
                .settings("{\"Env\": [\"PATH=/bin\", \"FROM=image\"], \"WorkingDir\": \"/bin\"}")
                .write(FOLDER.resolve("it"));
    }

    @BeforeEach
    void compiled() {
        compile(PROGRAM);
    }

    private static void compile(String launcher) {
        Noted noted = sh(
                launcher,
                "JBOX_PROGRAM=off $JBOX run --image " + IMAGE + " -- true && $JBOX compile --streams pp -- run --image "
                        + IMAGE);
        assertThat(noted.result().exitCode()).as(noted.toString()).isZero();
        assertThat(noted.result().out()).as(noted.toString()).contains("/run._image.pp.--image.oci:!run");
    }

    @AfterEach
    void nothingIsLeft() {
        // The folder that programs have locked stays.
        assertThat(Wires.sh("find " + STORE + "/uppers -mindepth 2")).isEmpty();
        assertThat(Wires.sh("find " + STORE + "/users -type l")).isEmpty();
        assertThat(Boxes.leftovers()).isEmpty();
    }

    @AfterAll
    static void forget() {
        CompiledBox.showShifts();
        Wires.sh("rm -rf " + STORE + " " + FOLDER);
    }

    private static Noted sh(String launcher, String line) {
        return NotedJava.run(List.of("env", "--default-signal", "sh", "-c", line), Map.of("JBOX", launcher));
    }

    private static Noted program(String line) {
        Noted noted = sh(PROGRAM, line);
        assertThat(noted.jvms()).as(noted.toString()).isZero();
        return noted;
    }

    /** What is to be seen inside, and outside of it. */
    @Test
    void bothWaysAreTheSame() {
        String line =
                "echo in | $JBOX run --image " + IMAGE + " -- sh -c 'id; pwd; env | sort; hostname; ls -ld / /etc /tmp;"
                        + " mount | sort | sed \"s/upperdir=[^,]*,workdir=[^,]*/upper/;s/fd.[0-9]*/fd/g;s/id=[0-9]*/id/g\"; cat /which /etc/resolv.conf;"
                        + " cat; echo err >&2; echo x >/new; rm /which; cat /which; exit 7'; echo $?";
        for (String launcher : List.of(PROGRAM, NotedJava.JBOX)) {
            compile(launcher);
            Noted program = sh(launcher, line);
            Noted jvm = sh(launcher, "export JBOX_PROGRAM=off; " + line);

            assertThat(program.result().out()).contains("\none\n", "\nin\n", "\n7\n");
            assertThat(program.result()).isEqualTo(jvm.result());
            assertThat(program.jvms()).isZero();
            assertThat(jvm.jvms()).isOne();
        }
    }

    @Test
    void eachBeginsWithTheImageAlone() {
        String write =
                "$JBOX run --image " + IMAGE + " -- sh -c 'echo mine >/etc/hosts; echo mine >/which; mkdir -p /new/er'";
        program(write);

        Noted next = program("$JBOX run --image " + IMAGE + " -- sh -c 'cat /which; ls -d /new; grep mine /etc/hosts'");
        assertThat(next.result().out()).isEqualTo("one\n");
    }

    /** Links out of the box, folders that nobody may read, names of every kind, and more folders in another than a path may have. */
    @Test
    void whateverACommandLeavesIsRemovedAndNothingElse() {
        Path outside = FOLDER.resolve("outside");
        Wires.sh("mkdir -p " + outside + "; echo kept >" + outside + "/file");
        Noted noted = program(
                "$JBOX run --image " + IMAGE + " -- sh -c 'ln -s " + outside + " /link; rm -r /etc; ln -s " + outside
                        + " /etc; mkdir -p /a/b; ln -s ../../../../../../.. /a/up; chmod 0 /a; mkdir -- \"-rf\" \"a b\"; mkfifo /pipe;"
                        + " n=$(printf %200s | tr \" \" d); while mkdir $n && cd $n; do :; done 2>/dev/null; true'");

        assertThat(noted.result().err()).isEmpty();
        assertThat(Wires.sh("ls " + outside + "; cat " + outside + "/file")).isEqualTo("file\nkept\n");
    }

    /** SIGKILL: its files are removed by the next command, whichever it is. */
    @ParameterizedTest
    @ValueSource(strings = {"", "export JBOX_PROGRAM=off; "})
    void thoseOfAKilledCommandAreRemoved(String way) {
        Path begun = SLOT.resolve("rootfs/begun");
        Noted killed = sh(
                PROGRAM,
                "$JBOX run --image " + IMAGE + " -- sh -c 'echo old >/which; >/begun; sleep 100' & while [ ! -e "
                        + begun + " ]; do sleep 0.01; done; kill -9 $!; wait $!; echo $?");
        assertThat(killed.result().out()).isEqualTo("137\n");
        assertThat(SLOT.resolve("rootfs")).exists();
        Boxes.await("the box's end", () -> TestHost.processes("sleep 100").isEmpty());

        Noted next = sh(PROGRAM, way + "$JBOX run --image " + IMAGE + " -- cat /which");
        assertThat(next.result().out()).as(next.toString()).isEqualTo("one\n");
        assertThat(next.jvms()).isEqualTo(way.isEmpty() ? 0 : 1);
    }

    /** The program is killed while rm(1) is at work: what that removes from then on is no other command's. */
    @Test
    void thoseThatAreBeingRemovedAreNobodys() {
        String next = "$JBOX run --image " + IMAGE + " -- sh -c 'echo mine >/mine; sleep 1; cat /mine /which'";
        Noted noted = sh(
                PROGRAM,
                "$JBOX run --image " + IMAGE
                        + " -- sh -c 'i=0; while [ $i -lt 5000 ]; do i=$((i+1)); : >/$i; done' & first=$!;"
                        + " until rm=$(pgrep -x rm) || ! kill -0 $first; do :; done; kill -STOP $rm && echo stopped; kill -9 $first; "
                        + next
                        + " & next=$!; sleep 0.5; kill -CONT $rm; wait $next; echo $?");

        assertThat(noted.result().out()).as(noted.toString()).isEqualTo("stopped\nmine\none\n0\n");
        Boxes.await("rm", () -> TestHost.processes("rm -rf").isEmpty());
        Boxes.await("compilers", () -> TestHost.processes("compile --streams").isEmpty());
    }

    /** A program may be killed between any two of its steps. */
    @Test
    void partsOfThemAreRemovedWhenTheImageIsAnotherNow() throws IOException {
        Wires.sh("mkdir -p " + SLOT + "/rootfs.work/work; : >" + SLOT + "/rootfs.tree; ln -s " + SLOT + "/rootfs.tree "
                + STORE + "/users/half");
        write("three");
        try {
            compile(PROGRAM);
            Wires.sh("rm " + STORE + "/users/half");
            assertThat(program("$JBOX run --image " + IMAGE + " -- cat /which")
                            .result()
                            .out())
                    .isEqualTo("three\n");
        } finally {
            write("one");
        }
    }

    /** What rm says is not the command's to say, and its environment is not the caller's. */
    @Test
    void rmIsSilent() {
        Noted noted = program("LD_PRELOAD=/none.so $JBOX run --image " + IMAGE
                + " -- sh -c 'echo out; echo err >&2; exit 3' 3>&1 4<&0; echo $?");
        assertThat(noted.result().out()).isEqualTo("out\n3\n");
        assertThat(noted.result().err()).isEqualTo("err\n");
    }

    /** While a command runs, neither the next one nor anybody who tidies up takes its files. */
    @Test
    void severalAtOnceHaveTheirOwnFiles() {
        String each = "$JBOX run --image " + IMAGE + " -- sh -c 'echo %s >/which; sleep 0.5; cat /which'";
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            all.append(i == 3 ? "JBOX_PROGRAM=off " : "")
                    .append(each.formatted("n" + i))
                    .append(" & ");
        }
        Noted noted = sh(PROGRAM, all + "sleep 0.2; $JBOX store gc -a >/dev/null; wait");

        assertThat(noted.result().out().lines().sorted()).containsExactly("n0", "n1", "n2", "n3", "n4", "n5");
        assertThat(noted.result().err()).isEmpty();
        Boxes.await("compilers", () -> TestHost.processes("compile --streams").isEmpty());
    }

    /** What nobody uses yet may be collected; then it is fetched again. */
    @Test
    void oneThatIsCollectedMeanwhileIsFetchedAgain() {
        String both = "$JBOX store gc -a >/dev/null & $JBOX run --image " + IMAGE + " -- cat /which & ";
        Noted noted = sh(PROGRAM, "export JBOX_PROGRAM=off; for i in 1 2 3 4 5 6; do " + both + both + "wait; done");

        assertThat(noted.result().err()).isEmpty();
        assertThat(noted.result().out()).isEqualTo("one\n".repeat(12));
    }

    @Test
    void whatTheNameStandsForIsLookedAtEachTime() throws IOException {
        String run = "$JBOX run --image " + IMAGE + " -- cat /which";
        try {
            write("two");
            notYetAgain();
            Noted changed = sh(PROGRAM, run);
            assertThat(changed.result().out()).isEqualTo("two\n");
            assertThat(changed.jvms()).isPositive();
        } finally {
            write("one");
        }
        // The same bytes, but another file.
        notYetAgain();
        assertThat(sh(PROGRAM, run).jvms()).isPositive();
        compile(PROGRAM);
        assertThat(program(run).result().out()).isEqualTo("one\n");

        Wires.sh(PROGRAM + " store rm " + IMAGE + "; " + PROGRAM + " store gc -a");
        notYetAgain();
        Noted gone = sh(PROGRAM, run);
        assertThat(gone.result().out()).isEqualTo("one\n");
        assertThat(gone.jvms()).isPositive();
    }

    private static void notYetAgain() {
        Wires.sh("touch /var/cache/jbox/programs" + PROGRAM + "/tried.*");
    }

    /** Other words are not for the program, and the JVM says what it says without one. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "run --image " + IMAGE + " cat /which",
                "run --image " + IMAGE + " box -- cat /which",
                "run box --image " + IMAGE + " -- cat /which",
                "run --image " + IMAGE + " --image " + IMAGE + " -- cat /which",
                "run --image " + IMAGE + " -- -- cat /which",
                "run --image " + IMAGE + " --",
                "run --image " + IMAGE + " -- nothing-like-it",
                "run --image oci:it -- cat /which",
                "exec --image " + IMAGE + " -- cat /which"
            })
    void otherWords(String words) {
        for (String launcher : List.of(PROGRAM, NotedJava.JBOX)) {
            notYetAgain();
            Noted usual = sh(launcher, "$JBOX " + words + "; echo $?");
            assertThat(usual.result())
                    .isEqualTo(sh(launcher, "export JBOX_PROGRAM=off; $JBOX " + words + "; echo $?")
                            .result());
        }
        Boxes.await("compilers", () -> TestHost.processes("compile --streams").isEmpty());
    }

    @Test
    void withOptions() {
        for (String options : List.of("-e A=b", "-w /tmp")) {
            String words = "run " + options + " --image " + IMAGE;
            sh(PROGRAM, "$JBOX compile --streams pp -- " + words);
            Noted program = program("$JBOX " + words + " -- sh -c 'pwd; env | sort'");
            assertThat(program.result())
                    .isEqualTo(sh(PROGRAM, "export JBOX_PROGRAM=off; $JBOX " + words + " -- sh -c 'pwd; env | sort'")
                            .result());
        }
    }
}
