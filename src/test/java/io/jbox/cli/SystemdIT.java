package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What systemd requires of a container manager (systemd.io/CONTAINER_INTERFACE), checked by a shell in the place of systemd:
 * building a Debian takes longer than all tests.
 */
class SystemdIT {
    private static final String INIT =
            "init: {system: systemd, cmd: [/bin/sh, -c, 'trap \"exit 0\" USR1; while :; do sleep 0.1;"
                    + " done']}\nsignal: {halt: SIGUSR1}";

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @AfterEach
    void nothingIsLeft() {
        TestHost.jbox("stop", "-k", "sysd");
        TestHost.jbox("net", "down");
        Boxes.await("leftovers " + Boxes.leftovers(), () -> Boxes.leftovers().isEmpty());
    }

    private static String start(String... lines) {
        String file = Boxes.define("sysd", lines);
        Boxes.jbox("start", file);
        return file;
    }

    private static String inside(String script) {
        return Boxes.jbox("exec", "sysd", "--", "sh", "-c", script).out().strip();
    }

    @Test
    void theFileSystemsThatItWouldMountAreThere() {
        start(INIT);

        assertThat(inside("stat -f -c %T /run /run/lock /sys/fs/cgroup | tr '\\n' ' '"))
                .startsWith("tmpfs tmpfs ");
        assertThat(inside("stat -c %a /run /run/lock | tr '\\n' ' '")).isEqualTo("755 1777");
        assertThat(inside("touch /run/lock/x /run/y && echo written")).isEqualTo("written");
        assertThat(inside("grep ' /run ' /proc/mounts")).contains("nosuid", "nodev");
    }

    /** It makes cgroups of its own, puts processes into them, and enables what they need. */
    @Test
    void itsCgroupIsItsOwnToDivide() {
        start(INIT);
        String divide =
                "set -e; for top in $(awk '$3 == \"cgroup2\" {print $2}' /proc/mounts; awk '$3 == \"cgroup\" {print $2}'"
                        + " /proc/mounts); do [ -w $top/cgroup.procs ] || continue; mkdir $top/init.scope; sleep 5 & echo $!"
                        + " >$top/init.scope/cgroup.procs; kill $!; wait $! || true; rmdir $top/init.scope; echo divided; exit 0; done;"
                        + " echo none";

        assertThat(inside(divide)).isEqualTo("divided");
    }

    @Test
    void knowsThatItIsInAContainerAndHasWhatItsUnitsNeed() {
        start(INIT);

        assertThat(inside("tr '\\0' '\\n' </proc/1/environ | grep ^container=")).isEqualTo("container=jbox");
        // SYS_ADMIN is bit 21.
        assertThat(inside("echo $((0x$(awk '/^CapEff/ {print $2}' /proc/1/status) >> 21 & 1))"))
                .isEqualTo("1");
        assertThat(inside("cat /proc/1/comm")).isEqualTo("sh");
    }

    /** Its own network daemon would take the address away that jbox has given. */
    @Test
    void itsNetworkAndResolverDaemonsAreTold() {
        start(INIT, "net: [{type: veth, link: jboxbr0, flags: up, ipv4: {address: auto, gateway: auto}}]");

        assertThat(inside("cat /run/systemd/network/10-jbox-eth0.network"))
                .contains("Name=eth0", "KeepConfiguration=static");
        assertThat(inside("cat /run/systemd/resolved.conf.d/jbox.conf")).contains("DNS=");
        assertThat(inside("ip -4 -o addr show dev eth0")).contains("inet ");
    }

    @Test
    void aStopIsTheHaltThatItWaitsFor() {
        start(INIT);

        assertThat(TestHost.jbox("stop", "-t", "10", "sysd").exitCode()).isZero();
        assertThat(TestHost.jbox("info", "sysd").out()).containsPattern("Exit code: +0");
    }

    /** Without a signal that is written, both that systemd listens to are sent: SIGRTMIN+3 halts it. */
    @Test
    void systemdsOwnSignalHaltsIt() {
        start("init: {system: systemd, cmd: [/bin/sh, -c, 'trap \"exit 0\" 37; while :; do sleep 0.1; done']}");

        assertThat(TestHost.jbox("stop", "-t", "10", "sysd").exitCode()).isZero();
    }

    @Test
    void whatIsWrittenForARunStays() {
        start(INIT, "mount: {entry: ['tmpfs run tmpfs size=1m,mode=0700']}");

        assertThat(inside("stat -c %a /run; grep -c ' /run tmpfs' /proc/mounts").lines())
                .containsExactly("700", "1");
    }
}
