package io.jbox.cli;

import static io.jbox.testhost.CompiledBox.must;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.CompiledBox;
import io.jbox.testhost.NotedJava;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.Wires;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A start by its program connects the box as the JVM does, or leaves it to that where the network has changed. */
class CompiledNetworkIT {
    private static final String BRIDGE = "10.0.4.1";
    private static CompiledBox box;

    @BeforeAll
    static void box() {
        TestHost.require();
        NotedJava.make();
        Wires.sh("ip link add other type bridge; ip addr add 10.77.0.1/24 dev other; ip link set other up");
        box = new CompiledBox(
                "wired",
                "net:",
                "- {type: veth, link: jboxbr0, flags: up, ipv4: {address: auto, gateway: auto}}",
                "- {type: veth, link: other, flags: up, name: eth7, ipv4: {address: 10.77.0.5/24}, mtu: 1400}",
                Boxes.idle());
    }

    @BeforeEach
    void notYetAgain() {
        box.notYetAgain();
    }

    @AfterEach
    void end() {
        box.end();
        Boxes.await(
                "the veths are gone", () -> Wires.sh("ip -br link").lines().noneMatch(line -> line.startsWith("veth")));
    }

    @AfterAll
    static void forget() {
        Boxes.await("the veths are gone", () -> Wires.names().stream().noneMatch(link -> link.startsWith("veth")));
        box.forget();
        Wires.sh("ip link del other");
        NotedJava.sh("export JBOX_PROGRAM=off; $JBOX destroy wired; $JBOX net down --force");
    }

    @Test
    void theBoxIsTheSameBothWays() {
        assertThat(box.startedBothWays()).contains("mtu 1400", "default via " + BRIDGE);
    }

    @Test
    void itIsConnectedAndGoesWithoutTrace() {
        assertThat(must("start", "wired").jvms()).isZero();

        assertThat(must("exec", "wired", "--", "ping", "-c1", "-W5", BRIDGE).jvms())
                .isZero();
        must("exec", "wired", "--", "ping", "-c1", "-W5", "10.77.0.1");
        assertThat(must("stop", "-k", "wired").jvms()).isZero();
    }

    /** The kernel takes some time to remove the veths of an earlier run. */
    @Test
    void oneStartFollowsTheOtherAtOnce() {
        for (int i = 0; i < 5; i++) {
            assertThat(must("start", "wired").jvms()).isZero();
            assertThat(must("stop", "-k", "wired").jvms()).isZero();
        }
    }

    /** Whoever lies about its address is not heard, as after a start by the JVM. */
    @Test
    void theSourceIsGuarded() {
        assertThat(must("start", "wired").jvms()).isZero();

        assertThat(Wires.sh("for i in /sys/class/net/jboxbr0/brif/*; do tc filter show dev ${i##*/} ingress; done"))
                .contains("jbox-source");
    }

    /** What is changed, and changed back. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ip link set jboxbr0 mtu 1450 | ip link set jboxbr0 mtu 1500",
                "ip addr add 10.78.0.1/24 dev other | ip addr del 10.78.0.1/24 dev other",
                "ip addr add fd77::1/64 dev other nodad | ip addr del fd77::1/64 dev other",
                "ip link del other; ip link add other type bridge; ip addr add 10.77.0.1/24 dev other; ip link set other up |",
                "ip addr add 10.79.0.1/24 dev jboxbr0 | ip addr del 10.79.0.1/24 dev jboxbr0",
                "ip link del jboxbr0 |",
                "ip addr flush dev jboxbr0 |",
                "ip link set jboxbr0 down |",
                "echo 0 >/proc/sys/net/ipv4/ip_forward |",
                "nft flush ruleset |",
                "kill $(cat /run/jbox/.net/jboxbr0/dnsmasq.pid); sleep 0.2 |",
                "rm /run/jbox/.net/jboxbr0/names/wired#0 |",
                "sed -i 's/ wired 0/ thief 0/' /var/lib/jbox/.net/jboxbr0 | sed -i '/thief/d' /var/lib/jbox/.net/jboxbr0",
                "sed -i 's/ wired 1/ thief 0/' /var/lib/jbox/.net/other | sed -i '/thief/d' /var/lib/jbox/.net/other",
                "mkdir -p /etc/jbox; echo 'bridges: [{name: jboxbr0, mtu: 1400}]' >/etc/jbox/net.yaml | rm /etc/jbox/net.yaml",
                "cp /etc/machine-id /run/; echo 0123456789abcdef0123456789abcdef >/etc/machine-id"
                        + " | if ! mv /run/machine-id /etc/machine-id; then rm /etc/machine-id; fi",
            })
    void whatHasChangedTakesTheJvm(String change, String back) {
        assertThat(box.startedAfter(change, back == null ? ":" : back).jvms()).isEqualTo(1);

        // Whatever the change has left is put right.
        NotedJava.sh("export JBOX_PROGRAM=off; $JBOX net up; $JBOX start wired && $JBOX stop -k wired");
        box.compile();
        assertThat(must("start", "wired").jvms()).isZero();
        must("exec", "wired", "--", "ping", "-c1", "-W5", BRIDGE);
    }
}
