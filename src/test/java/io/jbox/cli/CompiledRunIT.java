package io.jbox.cli;

import static io.jbox.testhost.CompiledBox.must;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.CompiledBox;
import io.jbox.testhost.NotedJava;
import io.jbox.testhost.NotedJava.Noted;
import io.jbox.testhost.RunScripts;
import io.jbox.testhost.Signals;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A command that a program runs in a new box is the command that the JVM runs, or is left to that. */
class CompiledRunIT {
    private static final String[] ECHO = {"run", "fresh", "--", "echo", "hi"};
    private static CompiledBox box;

    @BeforeAll
    static void box() {
        TestHost.require();
        NotedJava.make();
        Signals.writeScripts();
        box = new CompiledBox(
                "fresh",
                "net: [{type: empty, flags: up}]",
                "limits: {memory: 64M, pids: 100}",
                "environment: [COLOUR=red]",
                Boxes.idle());
    }

    @AfterAll
    static void forget() {
        assertThat(Wires.sh("find /sys/fs/cgroup -name 'fresh*'")).isEmpty();
        box.forget();
    }

    @BeforeEach
    void notYetAgain() {
        box.notYetAgain();
    }

    private static void assertByProgram(Noted noted) {
        assertThat(noted.result()).isEqualTo(new Result(0, "hi\n", ""));
        assertThat(noted.jvms()).isZero();
    }

    @ParameterizedTest
    @MethodSource("io.jbox.testhost.RunScripts#all")
    void theSameBothWays(String script) {
        String begin = RunScripts.calling(NotedJava.JBOX + " run fresh --");
        Noted jvm = NotedJava.sh("export JBOX_PROGRAM=off; " + begin + script);
        Noted program = NotedJava.sh(begin + script);

        assertThat(RunScripts.seen(program.result())).isEqualTo(RunScripts.seen(jvm.result()));
        assertThat(jvm.jvms()).isPositive();
        if (!script.contains("no-such") && !script.contains("/dev/full")) {
            assertThat(program.jvms()).isZero();
        }
    }

    @Test
    void eachCommandHasTheSameIdsAndNobodyElseHasThem() {
        String[] map = {"run", "fresh", "--", "cat", "/proc/self/uid_map"};
        String first = must(map).result().out();

        assertThat(must(map).result().out()).isEqualTo(first);
        Noted both =
                NotedJava.sh("$JBOX run fresh -- sleep 1 & sleep 0.3; $JBOX run fresh -- cat /proc/self/uid_map; wait");
        assertThat(both.result().out()).isNotEqualTo(first).isNotEmpty();
        assertThat(both.jvms()).isEqualTo(1);
        assertThat(NotedJava.sh("JBOX_PROGRAM=off $JBOX run fresh -- cat /proc/self/uid_map")
                        .result()
                        .out())
                .isNotEqualTo(first)
                .isNotEmpty();
    }

    /** What was wanted while it was in use is there the next time. */
    @Test
    void aSlotThatWasWantedIsMade() {
        String two = "$JBOX run fresh -- sleep 1 & sleep 0.3; $JBOX run fresh -- echo hi; wait";
        NotedJava.sh(two);
        must("compile", "fresh");

        assertThat(NotedJava.sh(two)).isEqualTo(new Noted(new Result(0, "hi\n", ""), 0));
    }

    /** Whose box is removed meanwhile keeps its ids. */
    @Test
    void theIdsOfACommandThatRunsAreNobodyElses() {
        CompiledBox removed = new CompiledBox("removed", "net: [{type: empty, flags: up}]", Boxes.idle());
        must("compile", "removed");
        String book = "cat /var/lib/jbox/.ids/book";
        Noted noted = NotedJava.sh("$JBOX run removed -- sleep 2 & sleep 0.5; export JBOX_PROGRAM=off;"
                + " $JBOX destroy -f removed >/dev/null; " + book + "; wait");

        assertThat(noted.result().out()).contains(" removed~slot0\n").doesNotContain(" removed\n");
        NotedJava.sh("export JBOX_PROGRAM=off; $JBOX destroy -f removed");
        Boxes.define("removed", Boxes.idle());
        NotedJava.sh("export JBOX_PROGRAM=off; mkdir -p /var/lib/jbox/removed;"
                + " cp /run/boxes/removed.yaml /var/lib/jbox/removed/config.yaml; $JBOX destroy -f removed");
        assertThat(Wires.sh(book)).doesNotContain("removed");
        removed.forget();
    }

    /** Who is killed leaves a cgroup at most, which the next command removes. */
    @Test
    void aProgramThatIsKilledLeavesNothingForLong() {
        Wires.sh("for i in 1 2 3 4 5; do " + NotedJava.JBOX + " run fresh -- sleep 1000 </dev/null >/dev/null 2>&1 &"
                + " sleep 0.0$i; kill -9 $!; done; wait");
        Boxes.await(
                "commands are left",
                () -> TestHost.processes("sleep").stream().noneMatch(line -> line.contains("1000")));
        assertByProgram(NotedJava.jbox(ECHO));
        assertThat(NotedJava.sh("JBOX_PROGRAM=off $JBOX run fresh -- echo hi")
                        .result()
                        .out())
                .isEqualTo("hi\n");
        assertThat(Wires.sh("find /sys/fs/cgroup -name 'fresh*'")).isEmpty();
    }

    /** What is changed, and changed back. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cp /var/lib/jbox/fresh/config.yaml /run/fresh; echo >>/var/lib/jbox/fresh/config.yaml"
                        + " | cp /run/fresh /var/lib/jbox/fresh/config.yaml",
                "cd /var/lib/jbox/bbox/rootfs/etc; cp hostname /run/fresh; echo other >hostname"
                        + " | cp /run/fresh /var/lib/jbox/bbox/rootfs/etc/hostname",
                "sed -i 's/ fresh~slot0/ other/' /var/lib/jbox/.ids/book | sed -i 's/ other/ fresh~slot0/' /var/lib/jbox/.ids/book",
            })
    void whatHasChangedTakesTheJvm(String change, String back) {
        assertByProgram(NotedJava.jbox(ECHO));
        Wires.sh(change);
        Noted noted = NotedJava.jbox(ECHO);
        Wires.sh(back);

        assertThat(noted).isEqualTo(new Noted(new Result(0, "hi\n", ""), 1));
        assertByProgram(NotedJava.jbox(ECHO));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-t fresh", "-e A=b fresh", "-w / fresh", "-s uts.name=x fresh"})
    void otherWordsTakeTheJvm(String words) {
        assertThat(NotedJava.sh("$JBOX run " + words + " -- true").jvms()).isEqualTo(1);
    }
}
