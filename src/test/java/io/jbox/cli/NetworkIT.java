package io.jbox.cli;

import static io.jbox.testhost.Boxes.jbox;
import static io.jbox.testhost.Wires.sh;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every type of interface on a bridge that is not jbox's, with LXC's keys (scenes 7, 10 and 14). */
class NetworkIT {
    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @BeforeEach
    void bridge() {
        sh("ip link add br0 type bridge && ip addr add 10.7.0.1/24 dev br0 && ip addr add fd07::1/64 dev br0 nodad"
                + " && ip link set br0 up");
    }

    @AfterEach
    void nothingIsLeft() {
        for (String name : List.of("n", "m")) {
            TestHost.jbox("stop", "-k", name);
        }
        Boxes.await("leftovers " + Boxes.leftovers(), () -> Boxes.leftovers().isEmpty());
        Wires.clear();
    }

    private static String start(String name, String... lines) {
        String file = Boxes.define(name, lines);
        jbox("start", file);
        return file;
    }

    private static String inBox(String line) {
        return jbox("exec", "n", "--", "sh", "-c", line).out();
    }

    @Test
    @Tag("jdk25")
    void aVethHangsOnTheBridge() {
        start(
                "n",
                Boxes.idle(),
                "net: [{type: veth, link: br0, flags: up, name: lan0, hwaddr: \"00:16:3e:0e:f1:df\", mtu: 1400, veth: {pair:"
                        + " vethn}, ipv4: {address: [10.7.0.2/24, 10.7.1.2/16 10.7.255.255], gateway: auto}, ipv6: {address:"
                        + " fd07::2/64, gateway: fd07::1}}]");

        assertThat(sh("ip -d -o link show dev vethn"))
                .contains("master br0")
                .contains("mtu 1400")
                .contains("link-netnsid")
                .contains("link/ether fe:");
        String inside = inBox("ip addr show lan0; ip route; ip -6 route; ip addr show lo");
        assertThat(inside)
                .contains("00:16:3e:0e:f1:df", "mtu 1400", "UP,LOWER_UP")
                .contains("10.7.0.2/24 brd 10.7.0.255", "10.7.1.2/16 brd 10.7.255.255", "fd07::2/64", "127.0.0.1/8")
                .contains("default via 10.7.0.1 dev lan0", "default via fd07::1 dev lan0")
                // Duplicate address detection is over before init begins.
                .doesNotContainPattern("fd07::2/64[^\n]*tentative");
        inBox("ping -c1 -W2 10.7.0.1 && ping -6 -c1 -W2 fd07::1");
        sh("busybox ping -c1 -W2 10.7.0.2");
    }

    @Test
    void theBridgeKeepsItsHardwareAddress() {
        // The kernel may draw an address for the port that is as high as jbox's own.
        sh("ip link add port0 address 02:00:00:00:00:07 type veth peer name far0 && ip link set port0 master br0 up");
        String before = sh("cat /sys/class/net/br0/address");
        start("n", Boxes.idle(), "net: [{type: veth, link: br0, flags: up}]");

        assertThat(sh("cat /sys/class/net/br0/address")).isEqualTo(before);
    }

    @Test
    void theVethIsGoneWithTheBoxAlsoIfSomebodyKeepsItsNetwork() {
        start("n", Boxes.idle(), "net: [{type: veth, link: br0, flags: up}]");
        sh("mkdir -p /run/netns && ip netns attach kept "
                + jbox("pid", "n").out().strip());
        assertThat(sh("ip netns list")).contains("kept (id: ");
        assertThat(sh("ip netns exec kept ip -o link show eth0")).contains("state UP");
        jbox("stop", "-k", "n");

        Boxes.await("the veth", () -> Wires.names().size() == 2);
        assertThat(sh("ip netns list")).contains("kept");
        sh("ip netns del kept");
    }

    @Test
    void aWrittenPairNameCanBeUsedAgainAtOnceAndIsNeverTakenFromOthers() {
        String file = start("n", Boxes.idle(), "net: [{type: veth, link: br0, veth: {pair: vethx}}]");
        for (int i = 0; i < 5; i++) {
            jbox("stop", "-k", "n");
            jbox("start", file);
        }
        jbox("stop", "-k", "n");
        Boxes.await("vethx", () -> !Wires.names().contains("vethx"));
        sh("ip link add vethx type veth peer name other");
        Result result = TestHost.jbox("start", file);

        assertThat(result.err())
                .contains("make veth \"eth0\": RTM_NEWLINK: File exists (EEXIST)")
                .contains("n.yaml:4:44");
        assertThat(Wires.names()).contains("vethx", "other");
    }

    @Test
    void aRestartedBoxKeepsItsNewPair() {
        start("n", Boxes.patient(), "net: [{type: veth, link: br0, flags: up, veth: {pair: vethx}}]");
        for (int i = 0; i < 3; i++) {
            jbox("restart", "n");
            assertThat(Wires.names()).contains("vethx");
        }
    }

    @Test
    void theHardwareAddressStaysTheBoxs() {
        String file = start("n", Boxes.idle(), "net: [{type: veth, link: br0, hwaddr: \"00:16:3e:xx:xx:xx\"}]");
        String first = inBox("cat /sys/class/net/eth0/address");
        jbox("stop", "-k", "n");
        jbox("start", file);

        assertThat(inBox("cat /sys/class/net/eth0/address")).isEqualTo(first).startsWith("00:16:3e:");
    }

    @Test
    void autoAddressesAreTheBoxsOwn() {
        String net = "net: [{type: veth, link: br0, flags: up, ipv4: {address: auto}, ipv6: {address: auto}}]";
        String file = start("n", Boxes.idle(), net);
        start("m", Boxes.idle(), net);
        String first = jbox("ls", "-F", "IPV4,IPV6", "^n$").out();
        String other = jbox("ls", "-F", "IPV4,IPV6", "^m$").out();
        jbox("stop", "-k", "n");
        jbox("start", file);

        assertThat(first).contains("10.7.0.").contains("fd07:").isNotEqualTo(other);
        assertThat(jbox("ls", "-F", "IPV4,IPV6", "^n$").out()).isEqualTo(first);
    }

    @Test
    void anAddressOfABoxThatRunsIsNotGivenTwice() {
        start("m", Boxes.idle(), "net: [{type: veth, link: br0, flags: up, ipv4: {address: 10.7.0.9/24}}]");
        String file = Boxes.define(
                "n", Boxes.idle(), "net: [{type: veth, link: br0, flags: up, ipv4: {address: 10.7.0.9/24}}]");
        Result result = TestHost.jbox("start", file);

        assertThat(result.exitCode()).isEqualTo(125);
        assertThat(result.err()).startsWith("jbox: net: address 10.7.0.9: belongs to box m\n  /run/boxes/n.yaml:4:");
    }

    @Test
    void aDuplicateIpv6AddressIsFound() {
        sh("ip addr add fd07::66/64 dev br0 nodad");
        String file = Boxes.define(
                "n",
                Boxes.idle(),
                "net: [{type: veth, link: br0, flags: up, ipv6: {address: [fd07::5/64, fd07::66/64]}}]");
        Result result = TestHost.jbox("start", file);

        assertThat(result.exitCode()).isEqualTo(125);
        assertThat(result.err()).contains("fd07::66: belongs to the bridge");
        sh("ip netns add far || (mkdir -p /run/netns && ip netns add far)");
        sh(
                "ip link add vfar type veth peer name eth0 netns far && ip link set vfar master br0 up && ip netns exec far sh -c"
                        + " 'ip addr add fd07::77/64 dev eth0 nodad; ip link set eth0 up'");
        file = Boxes.define(
                "n", Boxes.idle(), "net: [{type: veth, link: br0, flags: up, ipv6: {address: fd07::77/64}}]");
        result = TestHost.jbox("start", file);
        assertThat(result.err()).contains("EADDRINUSE").contains("n.yaml:4:");
        sh("ip netns del far");
    }

    @Test
    void aRoutedVethNeedsNoBridge() {
        start(
                "n",
                Boxes.idle(),
                "net: [{type: veth, flags: up, veth: {mode: router, pair: vethr, ipv4: {route: 10.66.0.0/16}}, ipv4: {address:"
                        + " 10.55.0.2/32, gateway: auto}, ipv6: {address: fd55::2/128, gateway: auto}}]");

        assertThat(sh("ip route show dev vethr; ip -6 route show dev vethr"))
                .contains("10.55.0.2 proto static scope link", "10.66.0.0/16 proto static scope link", "fd55::2");
        inBox("ping -c1 -W2 10.7.0.1 && ping -6 -c1 -W3 fd07::1");
        sh("busybox ping -c1 -W2 10.55.0.2");
    }

    @ParameterizedTest
    @CsvSource({"private", "vepa", "bridge", "passthru"})
    void aMacvlanSitsBesideTheHostsInterface(String mode) {
        sh("ip link add nic1 type veth peer name far1 && ip link set nic1 up && ip link set far1 up && ip addr add"
                + " 10.8.0.1/24 dev far1");
        start(
                "n",
                Boxes.idle(),
                "net: [{type: macvlan, link: nic1, macvlan: {mode: " + mode
                        + "}, flags: up, ipv4: {address: 10.8.0.2/24, gateway: 10.8.0.1}}]");

        assertThat(sh("nsenter -t " + jbox("pid", "n").out().strip() + " -n ip -d -o link show eth0"))
                .contains("macvlan mode " + mode);
        inBox("ping -c1 -W2 10.8.0.1");
        jbox("stop", "-k", "n");
        assertThat(Wires.names()).contains("nic1");
    }

    @ParameterizedTest
    @CsvSource({"'type: vlan, vlan: {id: 5}', vlan", "'type: ipvlan, ipvlan: {mode: l2}', ipvlan"})
    void whatTheKernelLacksIsSaid(String net, String kind) {
        sh("ip link add nic1 type veth peer name far1 && ip link set nic1 up && ip link set far1 up");
        Result result =
                TestHost.jbox("start", Boxes.define("n", Boxes.idle(), "net: [{link: nic1, flags: up, " + net + "}]"));

        if (result.exitCode() == 0) {
            assertThat(sh("nsenter -t " + jbox("pid", "n").out().strip() + " -n ip -d -o link show eth0"))
                    .contains(kind);
        } else {
            assertThat(result.err())
                    .contains("make " + kind + " \"eth0\": RTM_NEWLINK: Operation not supported (EOPNOTSUPP)")
                    .contains("unknown device type")
                    .contains("n.yaml:4:")
                    .contains("modprobe " + (kind.equals("vlan") ? "8021q" : kind));
        }
    }

    @Test
    void scriptsGetLxcsArgumentsAndEnvironment() throws IOException {
        Path script = Path.of("/run/script.sh");
        Files.writeString(
                script,
                "#!/bin/sh\necho \"$@ $LXC_NET_TYPE $LXC_NET_PARENT $LXC_NET_PEER $LXC_HOOK_TYPE\" >>/run/scripts.out\n");
        sh("chmod +x /run/script.sh; rm -f /run/scripts.out");
        start(
                "n",
                Boxes.idle(),
                "net: [{type: veth, link: br0, veth: {pair: vethn}, script: {up: /run/script.sh, down: /run/script.sh}}]");
        jbox("stop", "-k", "n");

        Boxes.await("both scripts", () -> sh("cat /run/scripts.out").lines().count() == 2);
        assertThat(Path.of("/run/scripts.out"))
                .hasContent("n net up veth vethn veth br0 vethn up\nn net down veth vethn veth br0 vethn down\n");
    }

    @Test
    void aScriptThatFailsUndoesEverything() throws IOException {
        String file = Boxes.define("n", Boxes.idle(), "net: [{type: veth, link: br0, script: {up: /bin/false}}]");
        Result result = TestHost.jbox("start", file);

        assertThat(result.exitCode()).isEqualTo(125);
        assertThat(result.err()).contains("script.up \"/bin/false\"").contains("n.yaml:4:");
        Boxes.await("the veth's end", () -> Wires.names().size() == 2);
    }

    @Test
    void interfacesWithNamesComeFirst() {
        start(
                "n",
                Boxes.idle(),
                "net: [{type: veth, link: br0}, {type: veth, link: br0, name: eth0, hwaddr: \"02:00:00:00:00:05\"}]");

        assertThat(inBox("cat /sys/class/net/eth0/address")).isEqualTo("02:00:00:00:00:05\n");
        assertThat(inBox("ls /sys/class/net | tr '\\n' ' '")).isEqualTo("eth0 eth1 lo ");
    }

    @Test
    void interfacesAreAddedToABoxThatRuns() {
        start("n", Boxes.idle(), "net: [{type: empty, flags: up}]");
        assertThat(jbox("net", "add", "n", "type=veth,link=br0,flags=up", "ipv4.address=10.7.0.44/24")
                        .out())
                .isEqualTo("eth0\n");
        inBox("ping -c1 -W2 10.7.0.1");
        Result taken = TestHost.jbox("net", "add", "n", "type=veth", "--name", "eth0");
        assertThat(taken.err()).startsWith("jbox: n: already has an interface eth0\n");
        Result wrong = TestHost.jbox("net", "add", "n", "type=veth,link=nope");
        assertThat(wrong.err()).startsWith("jbox: net: link nope: there is no such interface\n");

        assertThat(jbox("net", "ls", "n").out())
                .contains("eth0 veth")
                .contains("br0")
                .contains("10.7.0.44/24");
        assertThat(jbox("net", "ls", "--json").out()).contains("\"bridge\": \"br0\"");
        for (String format : List.of("text", "dot", "svg", "mermaid")) {
            assertThat(jbox("net", "graph", "--format", format).out())
                    .as(format)
                    .contains("br0", "box n", "10.7.0.44/24");
        }
    }

    @Test
    void aBrokenWorldIsOneLineAndUndisturbedOthers() {
        start("m", Boxes.idle(), "net: [{type: veth, link: br0, flags: up, ipv4: {address: 10.7.0.8/24}}]");
        List<String> before = Wires.names();
        for (String net : List.of(
                "{type: veth, link: gone}",
                "{type: phys, link: gone}",
                "{type: phys, link: lo}",
                "{type: veth, link: br0, ipv4: {address: 10.7.0.1/24}}",
                "{type: veth, link: br0, flags: up, ipv4: {address: 10.7.0.3/24, gateway: 10.9.0.1}}")) {
            Result result = TestHost.jbox("start", Boxes.define("n", Boxes.idle(), "net: [" + net + "]"));
            assertThat(result.exitCode()).as(net).isEqualTo(125);
            assertThat(result.err()).as(net).startsWith("jbox: net: ").contains("\n  /run/boxes/n.yaml:4:");
            assertThat(Wires.names()).isEqualTo(before);
        }
        assertThat(Boxes.state("m")).isEqualTo("RUNNING");
        sh("busybox ping -c1 -W2 10.7.0.8");
    }

    @Test
    void oneCommandGetsAnAddressToo() {
        Result result = TestHost.run(
                TestHost.command(
                        "run",
                        "-f",
                        Boxes.define(
                                "n", "net: [{type: veth, link: br0, flags: up, ipv4: {address: auto, gateway: auto}}]"),
                        "--",
                        "ping",
                        "-c1",
                        "-W2",
                        "10.7.0.1"),
                Map.of());

        assertThat(result.exitCode()).as(result.err()).isZero();
    }

    /** Neighbours are in one table for all networks of a host: a box with CAP_NET_ADMIN fills it. */
    @Test
    void onlyABoxThatIsGivenNetAdminChangesItsNetwork() {
        String fill = "arp -i eth0 -s 10.7.0.99 02:00:00:00:00:01";
        String net = "net: [{type: veth, link: br0, flags: up, ipv4: {address: 10.7.0.9/24}}]";
        String[] command = {"exec", "n", "--", "sh", "-c", fill};
        TestHost.jbox("start", Boxes.define("n", net, Boxes.idle()));
        assertThat(TestHost.jbox(command).err()).contains("Operation not permitted");
        TestHost.jbox("stop", "-k", "n");

        TestHost.jbox("start", Boxes.define("n", net, "cap: {add: [net_admin]}", Boxes.idle()));
        assertThat(TestHost.jbox(command).exitCode()).isZero();
        TestHost.jbox("stop", "-k", "n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{type: veth, link: br0, flags: up}    | cap: {}                 | eth0 gets no IPv4 address: the box has no CAP_NET_ADMIN",
                "{type: veth, link: br0}               | cap: {}                 | eth0 stays down: the box has no CAP_NET_ADMIN",
                "{type: macvlan, link: br0, flags: up} | cap: {keep: [net_raw]}  | eth0 gets no IPv4 address",
                "{type: veth, link: br0, flags: up}    | cap: {add: [net_admin]} | ''",
                "{type: empty}                         | cap: {}                 | ''",
            })
    void aNoticeNamesInterfacesThatNobodySetsUp(String net, String cap, String notice) {
        String file = Boxes.define("n", "net: [" + net + "]", cap, Boxes.idle());
        String told = TestHost.jbox("start", file).err();
        TestHost.jbox("stop", "-k", "n");

        assertThat(told).contains(notice);
        assertThat(told.isEmpty()).isEqualTo(notice.isEmpty());
    }

    /** 300,000 routes made ls take 26 s, and 16,000 interfaces net ls 31 s. */
    @Test
    void aNetworkOfAnySizeIsShownAtAGlance() {
        start(
                "n",
                "net: [{type: veth, flags: up, ipv4: {address: 10.9.0.2/24}}]",
                "cap: {add: [net_admin]}",
                Boxes.idle());
        String batch = "nsenter -t $(bin/jbox pid n) -n ip -batch -";
        sh("seq 50000 | awk '{printf \"route add 10.77.%d.%d/32 dev eth0\\n\", $1/250, $1%250}' | " + batch);
        sh("seq 2000 | awk '{printf \"addr add 10.9.%d.%d/24 dev eth0\\n\", 1+$1/250, $1%250}' | " + batch);
        sh("seq 600 | sed 's/.*/link add type veth/' | " + batch);

        String[] addresses = jbox("ls", "-F", "IPV4").out().split("\n")[1].split(", ");
        assertThat(addresses).hasSize(65).startsWith("10.9.0.2").endsWith("…");
        assertThat(jbox("ls", "-F", "INTERFACE").out()).endsWith(", …\n");
        assertThat(jbox("net", "ls").out().lines())
                .hasSizeBetween(900, 1100)
                .last()
                .asString()
                .matches("n +… .*");
        assertThat(jbox("info", "n").out()).contains("10.9.0.2", "…");
    }

    @Test
    void ofTwoStartsAtOnceOneHasTheAddress() {
        String net = "net: [{type: veth, link: br0, flags: up, ipv4: {address: 10.7.0.9/24}}]";
        for (int i = 0; i < 2; i++) {
            Result both =
                    TestHost.jbox("start", Boxes.define("n", net, Boxes.idle()), Boxes.define("m", net, Boxes.idle()));

            assertThat(both.exitCode()).isEqualTo(125);
            assertThat(both.err()).contains("10.7.0.9");
            assertThat(jbox("ls", "-F", "IPV4").out()).containsOnlyOnce("10.7.0.9");
            TestHost.jbox("stop", "-k", "n");
            TestHost.jbox("stop", "-k", "m");
        }
    }
}
