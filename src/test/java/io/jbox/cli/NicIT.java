package io.jbox.cli;

import static io.jbox.testhost.Boxes.jbox;
import static io.jbox.testhost.Wires.sh;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An interface of the host's is never lost (scenes 8 to 10 and 15). The kernel destroys these with the network that they
 * are in, so one that nobody brings back is gone.
 */
class NicIT {
    private static final String NET = "net: [{type: phys, link: nic0, name: eth1, flags: up}]";

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    private List<String> before = List.of();

    @BeforeEach
    void wire() {
        Wires.makeNic();
        // The kernel adds it a moment after the address.
        Boxes.await(
                "the route of fd07::2",
                () -> sh("ip -6 route show table local dev nic0").contains("fd07::2"));
        before = Wires.picture("nic0");
    }

    @AfterEach
    void nothingIsLeft() {
        TestHost.jbox("stop", "-k", "p");
        Boxes.await("leftovers " + Boxes.leftovers(), () -> Boxes.leftovers().isEmpty());
        Wires.clear();
        assertThat(new File("/run/jbox/.nics").list((folder, name) -> !name.startsWith(".")))
                .isNullOrEmpty();
    }

    private void assertIsBack() {
        Boxes.await(
                "routes of nic0",
                () -> Wires.names().contains("nic0")
                        && !sh("ip -6 addr show dev nic0").contains("tentative")
                        && sh("ip -6 route show table local dev nic0").contains("fd07::2"));
        assertThat(Wires.picture("nic0")).containsExactlyElementsOf(before);
    }

    private static String start(String name, String... lines) {
        String file = Boxes.define(name, lines);
        jbox("start", file);
        return file;
    }

    @Test
    void isInTheBoxAndBackAtStop() {
        start("p", NET, Boxes.patient());

        assertThat(Wires.names()).doesNotContain("nic0");
        assertThat(jbox("exec", "p", "--", "ip", "-o", "link", "show", "eth1").out())
                .contains("02:00:00:00:aa:01")
                .contains("mtu 1400")
                .contains(",UP");
        jbox("stop", "p");

        // At once: no waiting here, but for the kernel's own duplicate address detection.
        assertThat(Wires.names()).contains("nic0");
        assertIsBack();
    }

    @Test
    void withoutFlagsItIsDown() {
        start("p", "net: [{type: phys, link: nic0}]", Boxes.idle());

        assertThat(jbox("exec", "p", "--", "ip", "-o", "link", "show", "nic0").out())
                .doesNotContain("UP");
        jbox("stop", "-k", "p");
        assertIsBack();
    }

    @Test
    void isBackWhenTheBoxEndsByItself() {
        start("p", NET, "init: {cmd: [/bin/sleep, '0.5']}");

        Boxes.await("nic0", () -> Wires.names().contains("nic0"));
        assertIsBack();
    }

    @ParameterizedTest
    @ValueSource(strings = {"init", "monitor"})
    void isBackAfterAKillOf(String victim) {
        start("p", NET, Boxes.idle());
        String pid = victim.equals("init")
                ? jbox("pid", "p").out().strip()
                : TestHost.processes("jbox: monitor of p").get(0).split(" ")[0];
        sh("kill -9 " + pid);

        // The reaper does it, or the next command.
        Boxes.await("nic0", () -> {
            TestHost.process("ls");
            return Wires.names().contains("nic0");
        });
        assertIsBack();
    }

    @Test
    void isBackAfterAKillOfTheCommandAtAnyMoment() throws IOException, InterruptedException {
        String file = Boxes.define("p", NET, Boxes.idle());
        for (int millis = 20; millis < 320; millis += 20) {
            Process start = TestHost.builder(TestHost.command("start", file)).start();
            Thread.sleep(millis);
            start.destroyForcibly().waitFor();
            TestHost.jbox("stop", "-k", "p");
            jbox("ls");
            assertIsBack();
        }
    }

    /** Without a record and an interface to bring home, a pin of a network is nobody's: it keeps the network for ever. */
    @Test
    void aForgottenPinIsTakenAway() {
        sh(
                "mkdir -p -m 700 /run/jbox/p/ns; touch /run/jbox/p/ns/net; mount --bind /proc/self/ns/net /run/jbox/p/ns/net");
        assertThat(Boxes.leftovers()).isNotEmpty();

        jbox("ls");

        Boxes.await("the pin", () -> Boxes.leftovers().isEmpty());
    }

    @Test
    void isBackAfterAStartThatFails() {
        String file = Boxes.define("p", NET, "init: {cmd: /no/such}");
        Result result = TestHost.jbox("start", file);

        assertThat(result.exitCode()).isEqualTo(127);
        assertIsBack();

        file = Boxes.define(
                "p",
                "net: [{type: phys, link: nic0, flags: up, ipv4: {address: 10.1.0.2/24, gateway: 10.1.0.1}}, {type: veth,"
                        + " veth: {pair: far0}}]",
                Boxes.idle());
        result = TestHost.jbox("start", file);
        assertThat(result.err()).contains("EEXIST").contains("p.yaml:3:");
        assertIsBack();
        assertThat(Wires.names()).contains("far0");
    }

    @Test
    void isBackHoweverTheBoxHasChangedIt() {
        start("p", NET, "cap: {keep: [net_admin, net_raw]}", Boxes.idle());
        jbox(
                "exec",
                "p",
                "--",
                "sh",
                "-c",
                "ip link set eth1 down && ip link set eth1 name strange && ip link set strange address 02:00:00:00:bb:02 mtu"
                        + " 1280 && ip addr add 10.5.0.1/24 dev strange && ip link set strange up");
        jbox("stop", "-k", "p");

        assertIsBack();
    }

    /** A host without ARP on it would not be reached any more. */
    @Test
    void isBackWithTheFlagsGroupAndAliasThatItHad() {
        sh("ip link set nic0 alias uplink");
        before = Wires.picture("nic0");
        start("p", NET, "cap: {keep: [net_admin, net_raw]}", Boxes.idle());
        for (String change : List.of("arp off", "multicast off", "promisc on")) {
            jbox("exec", "p", "--", "sh", "-c", "ip link set eth1 " + change);
        }
        sh("nsenter -t " + jbox("pid", "p").out().strip() + " -n ip link set eth1 group 7 alias mine");
        jbox("stop", "-k", "p");

        assertIsBack();
    }

    @Test
    void isBackFromANetworkThatTheBoxHasMade() {
        start("p", NET, "cap: {keep: [net_admin, net_raw, sys_admin, sys_chroot, setpcap]}", Boxes.idle());
        jbox(
                "exec",
                "p",
                "--",
                "sh",
                "-c",
                "unshare -n sleep 1000 >/dev/null 2>&1 & sleep 0.3; ip link set eth1 netns $!");
        assertThat(jbox("net", "ls", "p").out()).doesNotContain("nic0");
        jbox("stop", "-k", "p");

        assertIsBack();
    }

    @Test
    void aNameThatIsTakenGivesAnotherAndSaysSo() {
        start("p", NET, Boxes.idle());
        sh("ip link add nic0 type ifb");
        Result result = TestHost.jbox("stop", "-k", "p");

        assertThat(result.exitCode()).isZero();
        assertThat(result.err()).isEqualTo("jbox: p: net: nic0: is back as nic0_1, because its name is taken\n");
        assertThat(sh("ip -o addr show dev nic0_1")).contains("192.168.7.2/24").contains("fd07::2/64");
    }

    @Test
    void isBackAlthoughSomebodyKeepsTheNetwork() throws IOException {
        start("p", NET, Boxes.idle());
        Files.createDirectories(Path.of("/run/netns"));
        sh("ip netns attach kept " + jbox("pid", "p").out().strip());
        jbox("stop", "-k", "p");

        assertIsBack();
        assertThat(sh("ip netns list")).contains("kept");
        sh("ip netns del kept");
    }

    @Test
    void recoverDoesItByHandAndTells() throws IOException {
        start("p", NET, Boxes.idle());
        // Everything of the box dies at once, and nobody is left to do anything.
        String monitor = TestHost.processes("jbox: monitor of p").get(0).split(" ")[0];
        sh("kill -STOP " + monitor + "; kill -9 " + jbox("pid", "p").out().strip() + " " + monitor);
        Boxes.await(
                "the monitor is dead",
                // Its words go before its locks do.
                () -> sh("sed -n 's/^State:[[:space:]]*//p' /proc/" + monitor + "/status 2>/dev/null || :")
                        .matches("|(?s)[ZX] .*"));
        Result result = TestHost.jbox("net", "recover");

        assertThat(result.out()).isEqualTo("nic0: is back\n");
        assertIsBack();
        assertThat(TestHost.jbox("net", "recover").out()).isEmpty();
    }

    @Test
    void movesInAndOutWhileTheBoxRuns() {
        start("p", "net: [{type: empty, flags: up}]", Boxes.idle());
        jbox("net", "move", "nic0", "p", "--name", "inner");

        assertThat(jbox("net", "ls", "p").out())
                .contains("inner")
                .contains("phys")
                .contains("nic0");
        assertThat(Wires.names()).doesNotContain("nic0");
        Result twice = TestHost.jbox("net", "move", "nic0", "p");
        assertThat(twice.err()).startsWith("jbox: net: link nic0: is in box p\n");

        assertThat(jbox("net", "give-back", "p", "nic0").out()).isEqualTo("nic0: is back\n");
        assertIsBack();
        jbox("net", "move", "nic0", "p");
        jbox("stop", "-k", "p");
        assertIsBack();
    }

    @Test
    void whatMovedInLiveIsBackWhenTheBoxEndsByItself() {
        start(
                "p",
                "net: [{type: empty, flags: up}]",
                "init: {cmd: [/bin/sh, -c, 'until [ -e /dev/end ]; do sleep 0.1; done']}");
        jbox("net", "move", "nic0", "p");
        // It may be killed with the box before it has ended.
        TestHost.jbox("exec", "p", "--", "touch", "/dev/end");
        Boxes.await("nic0", () -> Wires.names().contains("nic0"));

        assertIsBack();
    }

    @Test
    void aRebootTakesItAlong() {
        start(
                "p",
                NET,
                "cap: {keep: [net_admin, sys_boot]}",
                "idmap: [u 0 100000 65536, g 0 100000 65536]",
                Boxes.idle());
        String first = jbox("pid", "p").out();
        jbox("exec", "p", "--", "reboot", "-f");
        Boxes.await("another init", () -> {
            Result pid = TestHost.jbox("pid", "p");
            return pid.exitCode() == 0 && !pid.out().equals(first);
        });

        assertThat(jbox("exec", "p", "--", "ip", "-o", "link", "show", "eth1").out())
                .contains("02:00:00:00:aa:01");
        jbox("stop", "-k", "p");
        assertIsBack();
    }

    @Test
    void otherNamesThatTheBoxHasGivenItGoAgain() {
        sh("ip link add precious type ifb");
        start("p", NET, "cap: {keep: [net_admin, net_raw]}", Boxes.idle());
        String inBox = "nsenter -t " + jbox("pid", "p").out().strip() + " -n ";
        sh(inBox + "ip link property add dev eth1 altname precious altname mine");
        sh(inBox + "ip link property del dev eth1 altname quite-a-long-other-name");
        jbox("stop", "-k", "p");

        assertIsBack();
    }

    @Test
    void aDecoyIsNotTakenForIt() {
        start("p", NET, "cap: {keep: [net_admin, net_raw]}", Boxes.idle());
        String inBox = "nsenter -t " + jbox("pid", "p").out().strip() + " -n ";
        sh(inBox + "ip link set eth1 down && " + inBox + "ip link set eth1 name other address 02:00:00:00:cc:03");
        sh(inBox + "ip link add eth1 address 02:00:00:00:aa:01 type veth peer name nic0");
        jbox("stop", "-k", "p");

        assertIsBack();
        assertThat(Wires.names()).containsExactlyInAnyOrder("lo", "far0", "nic0");
    }

    /** With the same index, kind and hardware address: but its other end is in the box, and not on the host. */
    @ParameterizedTest
    @ValueSource(strings = {"type veth peer name far0", "type macvlan", "type tun"})
    void oneOfTheBoxsInItsPlaceDoesNotComeHome(String type) {
        boolean veth = type.contains("veth");
        if (!veth) {
            sh("ip link del nic0; ip link add low0 type veth peer name low1 && "
                    + (type.contains("tun")
                            ? "ip tuntap add nic0 mode tap && ip link set nic0 address 02:00:00:00:aa:01"
                            : "ip link add nic0 link low0 address 02:00:00:00:aa:01 type macvlan"));
        }
        start("p", NET, "cap: {keep: [net_admin, net_raw]}", Boxes.idle());
        String inBox = "nsenter -t " + jbox("pid", "p").out().strip() + " -n ";
        String index = sh(inBox + "ip -o link show eth1 | cut -d: -f1").strip();
        sh(inBox + "ip link del eth1; " + inBox
                + (type.contains("tun")
                        ? "ip tuntap add eth1 mode tap && true"
                        : veth
                                ? "ip link add eth1 index " + index + " address 02:00:00:00:aa:01 " + type
                                : "ip link add own type veth && " + inBox + "ip link add eth1 link own index " + index
                                        + " address 02:00:00:00:aa:01 " + type));
        if (type.contains("tun")) {
            sh(inBox + "ip link set eth1 address 02:00:00:00:aa:01");
        }

        Result giveBack = TestHost.jbox("net", "give-back", "p");

        assertThat(giveBack.exitCode()).isEqualTo(125);
        assertThat(giveBack.out()).matches("(?s)nic0: is (not )?in .*").doesNotContain("is back");
        assertThat(Wires.names()).doesNotContain("nic0");
        TestHost.jbox("stop", "-k", "p");
        assertThat(Wires.names()).doesNotContain("nic0");
        TestHost.jbox("net", "recover");
    }

    @Test
    void whatNothingLeadsToIsReportedAndNotForgotten() {
        start("p", NET, "cap: {keep: [net_admin, net_raw, sys_admin, sys_chroot, setpcap, kill]}", Boxes.idle());
        // A network that only an open file of the box keeps.
        jbox(
                "exec",
                "p",
                "--",
                "sh",
                "-c",
                "unshare -n sleep 1000 >/dev/null 2>&1 & sleep 0.3; exec 9</proc/$!/ns/net; ip link set eth1 netns $!; kill $!;"
                        + " sleep 1000 >/dev/null 2>&1 &");
        Result giveBack = TestHost.jbox("net", "give-back", "p");
        assertThat(giveBack.exitCode()).isEqualTo(125);
        assertThat(giveBack.out()).isEqualTo("nic0: is in an unreachable network made by the box\n");

        // With its last process the kernel destroys an interface that is none of hardware: that, too, is said.
        Result stop = TestHost.jbox("stop", "-k", "p");
        assertThat(stop.err()).containsPattern("jbox: p: net: nic0: is (not )?in ");
        Result again = TestHost.jbox("start", "/run/boxes/p.yaml");
        assertThat(again.exitCode()).isEqualTo(125);
        Result recover = TestHost.jbox("net", "recover");
        assertThat(recover.out()).isEqualTo("nic0: is not in any network that can be found\n");
        assertThat(TestHost.jbox("net", "recover").out()).isEmpty();
    }

    @Test
    void ofTwoStartsAtOnceOneHasItAndKeepsIt() throws IOException, InterruptedException {
        String one = Boxes.define("p", NET, Boxes.idle());
        String two = Boxes.define("q", NET, Boxes.idle());
        for (int i = 0; i < 5; i++) {
            Process first = TestHost.builder(TestHost.command("start", one)).start();
            Process second = TestHost.builder(TestHost.command("start", two)).start();
            int codes = first.waitFor() + second.waitFor();
            jbox("ls");

            assertThat(codes).isEqualTo(125);
            String winner = first.exitValue() == 0 ? "p" : "q";
            assertThat(jbox("exec", winner, "--", "ip", "-o", "link", "show", "eth1")
                            .out())
                    .contains("02:00:00:00:aa:01");
            jbox("stop", "-k", winner);
            assertIsBack();
        }
    }

    @Test
    void twoBoxesDoNotGetTheSame() {
        start("p", NET, Boxes.idle());
        String other = Boxes.define("q", NET, Boxes.idle());
        Result result = TestHost.jbox("start", other);

        assertThat(result.exitCode()).isEqualTo(125);
        assertThat(result.err()).startsWith("jbox: net: link nic0: is in box p\n  /run/boxes/q.yaml:3:26\n");
        jbox("stop", "-k", "p");
        assertIsBack();
    }

    @Test
    void anIfbThatTheKernelWouldDestroyIsBack() {
        sh("ip link add ifbx type ifb && ip link set ifbx mtu 1234 up && ip addr add 10.3.0.1/24 dev ifbx");
        List<String> ifb = Wires.picture("ifbx");
        start("p", "net: [{type: phys, link: ifbx, flags: up}]", Boxes.idle());
        jbox("stop", "-k", "p");

        assertThat(Wires.picture("ifbx")).containsExactlyElementsOf(ifb);
        assertThat(TestHost.run(List.of("ip", "link", "show", "ifbx"), Map.of()).exitCode())
                .isZero();
    }
}
