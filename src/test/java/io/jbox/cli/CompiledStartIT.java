package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.NotedJava;
import io.jbox.testhost.NotedJava.Noted;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A start by its program makes the box that the JVM makes, or leaves it to that. */
class CompiledStartIT {
    private static final Path DEFINED = Path.of("/var/lib/jbox/quick");
    private static final Path CONFIG = DEFINED.resolve("config.yaml");
    private static final String SHIFTS = "/var/lib/jbox/.ids/shifts";
    private static final Path STATE = Path.of("/run/jbox/quick");

    @BeforeAll
    static void box() throws IOException {
        TestHost.require();
        NotedJava.make();
        // Of other tests: where owners of trees have been changed, no start is compiled.
        Wires.sh("[ ! -e " + SHIFTS + " ] || mv " + SHIFTS + " /run/shifts");
        Files.createDirectories(DEFINED);
        String file = Boxes.define("quick", "net: [{type: empty, flags: up}]", "uts: {name: inside}", Boxes.idle());
        Files.copy(Path.of(file), CONFIG);
        must("start", "quick");
        compile();
        must("stop", "-k", "quick");
    }

    private static void compile() {
        must("compile", "quick");
        assertThat(Path.of("/var/cache/jbox/programs" + NotedJava.JBOX + "/start.quick.s"))
                .exists();
    }

    private static Noted must(String... words) {
        Noted noted = NotedJava.jbox(words);
        assertThat(noted.result().exitCode())
                .as(String.join(" ", words) + "\n" + noted.result().err())
                .isZero();
        return noted;
    }

    @AfterEach
    void nothingIsLeft() {
        NotedJava.sh("export JBOX_PROGRAM=off; $JBOX stop -k quick");
        assertThat(STATE.resolve("state.json")).doesNotExist();
        assertThat(Boxes.leftovers()).isEmpty();
    }

    @AfterAll
    static void forget() throws IOException {
        Files.deleteIfExists(CONFIG);
        Files.deleteIfExists(DEFINED);
        Wires.sh("[ ! -e /run/shifts ] || mv /run/shifts " + SHIFTS);
    }

    /** All that there is to be seen of a box, with the numbers that are others each time left out. */
    private static String seen() {
        String inside = NotedJava.jbox(
                        "exec",
                        "quick",
                        "--",
                        "sh",
                        "-c",
                        "hostname; mount | sort; ls -l /dev /proc/1/fd | grep -v total | sed 's/.* //' | sort;"
                                + " grep -v 'ctxt\\|FDSize\\|Vm\\|Rss\\|[Pp]id\\|NSs\\|NSpg' /proc/1/status; cat /proc/1/limits"
                                + " /proc/1/cgroup; tr '\\0' ' ' </proc/1/environ; ip addr; id")
                .result()
                .out();
        return inside.replaceAll("/dev/pts/[0-9]+", "/dev/pts/N")
                + state("spec.json")
                + state("state.json")
                + Wires.sh("ls " + STATE);
    }

    private static String state(String file) {
        try {
            return Files.readString(STATE.resolve(file))
                    .replaceAll("\\s+", "")
                    .replaceAll("\"id\":\"[^\"]*\"", "")
                    .replaceAll("[0-9]{3,}", "N");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void theBoxIsTheSameBothWays() {
        assertThat(NotedJava.sh("export JBOX_PROGRAM=off; $JBOX start quick").jvms())
                .isEqualTo(1);
        String byJvm = seen();
        must("stop", "-k", "quick");

        Noted started = must("start", "quick");
        assertThat(started.jvms()).isZero();
        assertThat(started.result().out() + started.result().err()).isEmpty();
        assertThat(seen().replaceAll("\"(console|ttys)\":[\\[\\]0-9,]*", ""))
                .isEqualTo(byJvm.replaceAll("\"(console|ttys)\":[\\[\\]0-9,]*", ""));
        assertThat(NotedJava.jbox("info", "quick").result().out()).contains("RUNNING");
    }

    /** What is changed, and changed back. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "echo '# more' >>/var/lib/jbox/quick/config.yaml | sed -i '$d' /var/lib/jbox/quick/config.yaml",
                "echo other:700000:65536 >>/etc/subuid | sed -i '$d' /etc/subuid",
                "echo other >/var/lib/jbox/bbox/rootfs/etc/hostname | echo bbox >/var/lib/jbox/bbox/rootfs/etc/hostname",
                "sed -i 's/ quick/ other/' /var/lib/jbox/.ids/book | sed -i '/ other/d' /var/lib/jbox/.ids/book",
                "touch /var/lib/jbox/.ids/shifts | rm /var/lib/jbox/.ids/shifts",
                "mkdir /run/jbox/quick/ns | rm -rf /run/jbox/quick/ns",
            })
    void whatHasChangedTakesTheJvm(String change, String back) {
        Wires.sh(change);
        Noted noted = NotedJava.jbox("start", "quick");
        NotedJava.jbox("stop", "-k", "quick");
        Wires.sh(back);

        assertThat(noted.result().exitCode()).as(noted.result().err()).isZero();
        assertThat(noted.jvms()).isEqualTo(1);
        compile();
        assertThat(must("start", "quick").jvms()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"TERM=other", "HOME=/", "JBOX_CONFIG_PATH=/", "XDG_DATA_HOME=/run"})
    void anotherEnvironmentTakesTheJvm(String variable) {
        Noted noted = NotedJava.sh(variable + " $JBOX start quick");

        assertThat(noted.result().exitCode()).as(noted.result().err()).isZero();
        assertThat(noted.jvms()).isEqualTo(1);
    }

    /** A box may make anything of its files, also something that is never read to its end. */
    @Test
    void aPipeInTheRootFileSystemHoldsNobodyUp() {
        String hosts = "/var/lib/jbox/bbox/rootfs/etc/hosts";
        Wires.sh("mv " + hosts + " /run/hosts; mkfifo " + hosts);
        Noted compiled = NotedJava.sh("timeout -k 1 20 $JBOX compile quick");
        Noted started = NotedJava.sh("timeout -k 1 20 $JBOX start quick");
        NotedJava.jbox("stop", "-k", "quick");
        Wires.sh("rm " + hosts + "; mv /run/hosts " + hosts);

        assertThat(compiled.result().exitCode()).as(compiled.result().err()).isZero();
        assertThat(started.result().exitCode()).as(started.result().err()).isZero();
        assertThat(started.jvms()).isEqualTo(1);
        compile();
    }

    @Test
    void whatCannotBeIsSaidByTheJvm() {
        must("start", "quick");
        Noted again = NotedJava.jbox("start", "quick");

        assertThat(again.result().exitCode()).isEqualTo(125);
        assertThat(again.result().err()).startsWith("jbox: quick: is already running");
    }
}
