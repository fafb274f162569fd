package io.jbox.cli;

import static io.jbox.testhost.CompiledBox.must;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.CompiledBox;
import io.jbox.testhost.NotedJava;
import io.jbox.testhost.NotedJava.Noted;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.Wires;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A start by its program makes the box that the JVM makes, or leaves it to that. */
class CompiledStartIT {
    private static CompiledBox box;

    @BeforeAll
    static void box() {
        TestHost.require();
        NotedJava.make();
        Wires.sh("mkdir -p /srv/given; echo '/srv/given mnt none bind,create=dir 0 0' >/srv/quick.fstab;"
                + " echo 'environment: [COLOUR=red]' >/srv/quick.yaml");
        box = new CompiledBox(
                "quick",
                "\"incl\\u0075de\": /srv/quick.yaml",
                "mount: {fstab: /srv/quick.fstab}",
                "net: [{type: empty, flags: up}]",
                "uts: {name: inside}",
                Boxes.idle());
    }

    @BeforeEach
    void notYetAgain() {
        box.notYetAgain();
    }

    @AfterEach
    void end() {
        box.end();
    }

    @AfterAll
    static void forget() {
        box.forget();
    }

    @Test
    void theBoxIsTheSameBothWays() {
        box.startedBothWays();

        assertThat(NotedJava.jbox("info", "quick").result().out()).contains("RUNNING");
    }

    /** What is changed, and changed back. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "echo '# more' >>/var/lib/jbox/quick/config.yaml | sed -i '$d' /var/lib/jbox/quick/config.yaml",
                "sed -i s/bind/bind,ro/ /srv/quick.fstab | sed -i s/bind,ro/bind/ /srv/quick.fstab",
                "sed -i s/red/blue/ /srv/quick.yaml | sed -i s/blue/red/ /srv/quick.yaml",
                "echo other:700000:65536 >>/etc/subuid | sed -i '$d' /etc/subuid",
                "echo other >/var/lib/jbox/bbox/rootfs/etc/hostname | echo bbox >/var/lib/jbox/bbox/rootfs/etc/hostname",
                "sed -i 's/ quick/ other/' /var/lib/jbox/.ids/book | sed -i '/ other/d' /var/lib/jbox/.ids/book",
                "touch /var/lib/jbox/.ids/shifts | rm /var/lib/jbox/.ids/shifts",
                "mkdir /run/jbox/quick/ns | rm -rf /run/jbox/quick/ns",
            })
    void whatHasChangedTakesTheJvm(String change, String back) {
        assertThat(box.startedAfter(change, back).jvms()).isEqualTo(1);
        box.compile();
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
        box.compile();
    }

    /** It could be the caller's own: what is typed there is not for the box, nor for jbox. */
    @Test
    void aTerminalInTheRootFileSystemIsNotRead() {
        String hosts = "/var/lib/jbox/bbox/rootfs/etc/hosts";
        Wires.sh("mv " + hosts + " /run/hosts; ln -s /dev/tty " + hosts
                + "; cp -a /dev/tty /var/lib/jbox/bbox/rootfs/dev/");
        Noted started = NotedJava.sh(
                "(sleep 1; echo typed; sleep 1) | script -qec" + " '$JBOX start quick; read x; echo got $x' /dev/null");
        NotedJava.jbox("stop", "-k", "quick");
        Wires.sh("rm " + hosts + " /var/lib/jbox/bbox/rootfs/dev/tty; mv /run/hosts " + hosts);

        assertThat(started.result().out()).contains("got typed");
        box.compile();
    }

    @Test
    void whatCannotBeIsSaidByTheJvm() {
        must("start", "quick");
        Noted again = NotedJava.jbox("start", "quick");

        assertThat(again.result().exitCode()).isEqualTo(125);
        assertThat(again.result().err()).startsWith("jbox: quick: is already running");
    }

    /** A cgroup that the box has made in its own stays when that is to go: jbox removes both, and the box was stopped. */
    @Test
    void whatIsLeftAfterAStopIsRemovedByTheJvm() {
        CompiledBox filled = new CompiledBox(
                "filled",
                "net: [{type: empty}]",
                "mount: {auto: [proc, 'sys:ro', 'cgroup:rw']}",
                Boxes.idle(),
                "signal: {halt: SIGKILL}");
        for (String[] stop : new String[][] {{"stop", "-k", "filled"}, {"stop", "filled"}}) {
            must("start", "filled");
            must("compile", "filled");
            must("exec", "filled", "--", "mkdir", "/sys/fs/cgroup/below");

            Noted stopped = must(stop);

            assertThat(stopped.result().err()).doesNotContain("filled: is not running");
            assertThat(stopped.jvms()).isEqualTo(1);
            assertThat(Wires.sh("find /sys/fs/cgroup -name 'filled*'")).isEmpty();
        }
        filled.forget();
    }
}
