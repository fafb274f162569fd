package io.jbox.cli;

import static io.jbox.testhost.Boxes.jbox;
import static io.jbox.testhost.Wires.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** jbox's own bridge with the real dnsmasq and nft (scenes 6 and 16). */
class HostBridgeIT {
    private static final String FORWARD = "/proc/sys/net/ipv4/ip_forward";
    private static final String LEASED = "net: [{type: veth, link: jboxbr0, flags: up, hwaddr: \"00:16:3e:xx:xx:xx\"}]";
    private static final String AUTO =
            "net: [{type: veth, link: jboxbr0, flags: up, ipv4: {address: auto, gateway: auto}}]";
    /** Asks until it has a lease, and stays. */
    private static final String ASKS =
            "cap: {add: [net_admin]}\ninit: {cmd: [/bin/sh, -c, \"udhcpc -q -t 20 -T 1 -i eth0 >/dev/null 2>&1; exec sleep 1000\"]}";

    @BeforeAll
    static void host() {
        TestHost.require();
        assumeTrue(new File("/usr/sbin/dnsmasq").exists(), "needs dnsmasq-base");
        assumeTrue(new File("/usr/sbin/nft").exists(), "needs nftables");
    }

    @AfterEach
    void nothingIsLeft() {
        for (String name : jbox("ls", "-1").out().split("\n")) {
            if (!name.isBlank()) {
                TestHost.jbox("stop", "-k", name);
            }
        }
        jbox("net", "down");
        Boxes.await("leftovers " + Boxes.leftovers(), () -> Boxes.leftovers().isEmpty());
        Wires.clear();
        assertThat(TestHost.processes("dnsmasq")).isEmpty();
        assertThat(sh("nft list ruleset")).doesNotContain("table inet jbox");
        assertThat(Path.of(FORWARD)).hasContent("0\n");
    }

    @Test
    void upDownAndStatusAreIdempotent() {
        assertThat(TestHost.jbox("net", "status").exitCode()).isEqualTo(1);
        jbox("net", "up");
        String rules = sh("nft list ruleset");
        jbox("net", "up", "jboxbr0");

        Result status = jbox("net", "status");
        assertThat(status.out()).startsWith("jboxbr0: up\n  address     10.0.4.1/24\n  dnsmasq     pid ");
        assertThat(sh("nft list ruleset"))
                .isEqualTo(rules)
                .contains("masquerade")
                .contains("table inet jbox");
        assertThat(TestHost.processes("dnsmasq")).hasSize(1);
        assertThat(Path.of(FORWARD)).hasContent("1\n");
        for (String trusted : List.of("ipv6/conf/jboxbr0/accept_ra", "ipv4/conf/jboxbr0/accept_redirects")) {
            assertThat(sh("cat /proc/sys/net/" + trusted)).as(trusted).isEqualTo("0\n");
        }
        assertThat(sh("ip -d link show jboxbr0")).contains("mcast_snooping 0 ");
        jbox("net", "down");
        jbox("net", "down");
        assertThat(Wires.names()).containsExactly("lo");
    }

    @Test
    void aBridgeThatWasThereBeforeStays() {
        sh("ip link add jboxbr0 type bridge");
        jbox("net", "up");
        jbox("net", "down");

        assertThat(Wires.names()).contains("jboxbr0");
    }

    @Test
    void aBridgeInUseIsKept() {
        String file = Boxes.define("held", AUTO, Boxes.idle());
        jbox("start", file);
        Result refused = TestHost.jbox("net", "down");

        assertThat(refused.exitCode()).isEqualTo(125);
        assertThat(refused.err()).contains("held").contains("--force");
        assertThat(Wires.names()).contains("jboxbr0");
        assertThat(sh("bin/jbox exec held -- ping -c 1 -W 5 10.0.4.1")).contains("1 packets received");

        Result forced = jbox("net", "down", "--force");
        assertThat(forced.out() + forced.err()).contains("held");
        assertThat(Wires.names()).doesNotContain("jboxbr0");
        jbox("net", "up");
        assertThat(sh("bin/jbox exec held -- ping -c 1 -W 5 10.0.4.1")).contains("1 packets received");
    }

    @Test
    void aCommandThatWasCutOffIsPutBackAsWell() throws IOException, InterruptedException {
        Process run = TestHost.builder(TestHost.command("run", "-f", Boxes.define("held", AUTO), "--", "sleep", "1000"))
                .start();
        String ports = "ip link show master jboxbr0 2>/dev/null || :";
        Boxes.await("the command", () -> sh(ports).contains("veth"));

        jbox("net", "down", "--force");
        jbox("net", "up");

        assertThat(sh(ports)).contains("veth");
        run.destroy();
        assertThat(run.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    /** Whatever is lost of a bridge is told, put back by up, and by the next start on it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            nft flush ruleset                            | jbox's rules
            nft delete chain inet jbox forward           | jbox's rules
            nft flush chain inet jbox postrouting        | jbox's rules
            ip addr flush dev jboxbr0                    | its address 10.0.4.1/24
            echo 0 >/proc/sys/net/ipv4/ip_forward        | forwarding
            kill $(cat /run/jbox/.net/jboxbr0/dnsmasq.pid) && sleep 0.2 | its dnsmasq
            ip link set $(ls /sys/class/net/jboxbr0/brif) nomaster | box held
            ip link set $(ls /sys/class/net/jboxbr0/brif) down     | box held
            """)
    void whatIsLostIsToldAndPutBack(String loss, String told) {
        jbox("start", Boxes.define("held", AUTO, Boxes.idle()));
        for (String mender :
                List.of("bin/jbox net up", "bin/jbox run -f " + Boxes.define("other", AUTO) + " -- true")) {
            sh(loss);

            assertThat(jbox("net", "status").out()).contains("missing     " + told);
            assertThat(TestHost.jbox("check").out()).contains("jboxbr0: lacks " + told);
            if (told.startsWith("box") && mender.contains("run")) {
                // A start looks at its own part of the network alone.
                mender = "bin/jbox net up";
            }
            sh(mender);
            assertThat(jbox("net", "status").out()).doesNotContain("missing");
            assertThat(sh("bin/jbox exec held -- ping -c 1 -W 5 10.0.4.1")).contains("1 packets received");
        }
    }

    /** dnsmasq hears nothing of an interface that was made anew. */
    @Test
    void leasesAreThereAgainOnABridgeThatSomebodyHasDeleted() {
        jbox("start", Boxes.define("held", LEASED, "cap: {add: [net_admin]}", Boxes.idle()));
        sh("ip link del jboxbr0");

        jbox("net", "up");

        assertThat(sh("bin/jbox exec held -- udhcpc -i eth0 -n -q -t 5 2>&1")).contains("lease of 10.0.4.");
    }

    /** The host has one table of connections, and a box must not fill it. */
    @Test
    void aBoxHasAPartOfTheTableOfConnections() {
        Boxes.jbox("net", "up");

        long most = Long.parseLong(
                sh("cat /proc/sys/net/netfilter/nf_conntrack_max").strip());
        String count = " saddr ct count over " + Math.max(1024, most / 16) + " } drop";
        assertThat(most).isGreaterThan(16 * 1024);
        assertThat(sh("nft -t list table inet jbox"))
                .contains("iifname \"jboxbr0\" ct state new add @sources_ip { ip" + count)
                .contains("{ ip6" + count);
        assertThat(Boxes.jbox("net", "status").out()).doesNotContain("missing");
        Boxes.jbox("net", "down");
    }

    /** As Docker and ufw do it. */
    @Test
    void othersRulesThatDropAreTold() {
        Boxes.jbox("net", "up");
        sh(
                "nft add table ip other; nft add chain ip other FORWARD '{type filter hook forward priority 0; policy drop;}'");
        try {
            assertThat(Boxes.jbox("net", "status").out())
                    .contains("missing     outgoing connections may fail: chain ip other FORWARD drops by default");
            sh("nft add rule ip other FORWARD iifname jboxbr01 accept");
            assertThat(Boxes.jbox("net", "status").out()).contains("outgoing connections may fail");
            sh("nft add rule ip other FORWARD iifname jboxbr0 accept");
            assertThat(Boxes.jbox("net", "status").out()).doesNotContain("missing");
        } finally {
            sh("nft delete table ip other");
            Boxes.jbox("net", "down");
        }
    }

    /** Nobody can use the network's own address, and a box would only see that its gateway is none. */
    @ParameterizedTest
    @ValueSource(strings = {"10.77.4.0/24", "10.77.4.255/24", "10.77.0.0/16"})
    void aBridgeHasAnAddressThatAHostCanHave(String address) throws IOException {
        Path file = Path.of("/run/net.yaml");
        Files.writeString(file, "bridges: [{name: jboxbr0, ipv4: " + address + "}]\n");

        Result up = TestHost.run(TestHost.command("net", "up"), Map.of("JBOX_NET_CONFIG", file.toString()));

        assertThat(up.exitCode()).isEqualTo(125);
        assertThat(up.err()).contains("/run/net.yaml:1:", "no host can have it");
    }

    @Test
    void aBridgeThatSomebodyHasTakenAwayIsTold() {
        Boxes.jbox("net", "up");
        sh("ip link del jboxbr0");

        assertThat(TestHost.jbox("net", "status").out()).contains("the bridge itself: jbox net up restores it");
        Boxes.jbox("net", "up");
        assertThat(Boxes.jbox("net", "status").out()).doesNotContain("missing");
        Boxes.jbox("net", "down");
    }

    /** As firewalld does it: what is gone is told, and put back. */
    @Test
    void rulesThatSomebodyHasFlushedAreToldAndPutBack() {
        jbox("net", "up");
        String rules = sh("nft list ruleset");
        sh("nft flush ruleset");

        assertThat(jbox("net", "status").out()).contains("missing     jbox's rules");
        assertThat(TestHost.jbox("check").out()).contains("jboxbr0: lacks jbox's rules");
        jbox("net", "up");
        assertThat(sh("nft list ruleset")).isEqualTo(rules);
        assertThat(jbox("net", "status").out()).doesNotContain("missing");
    }

    @Test
    void nobodyElsesRulesAreTouched() {
        sh("nft add table inet mine && nft add chain inet mine c");
        jbox("net", "up");
        jbox("net", "down");

        assertThat(sh("nft list ruleset")).contains("table inet mine");
        sh("nft delete table inet mine");
    }

    @Test
    void survivesBeingKilledHalfway() throws IOException, InterruptedException {
        for (int millis = 20; millis < 200; millis += 15) {
            for (String verb : List.of("up", "down")) {
                Process process =
                        TestHost.builder(TestHost.command("net", verb)).start();
                Thread.sleep(millis);
                process.destroyForcibly().waitFor();
            }
        }
        jbox("net", "up");
        assertThat(TestHost.jbox("net", "status").exitCode()).isZero();
        assertThat(TestHost.processes("dnsmasq")).hasSize(1);
    }

    @Test
    void aNetworkThatTheHostReachesOtherwiseIsRefused() {
        sh("ip link add nic1 type veth peer name far1 && ip link set nic1 up && ip link set far1 up && ip addr add"
                + " 10.200.0.1/24 dev nic1 && ip route add 10.0.0.0/16 via 10.200.0.2");
        Result result = TestHost.jbox("net", "up");

        assertThat(result.exitCode()).isEqualTo(125);
        assertThat(result.err())
                .isEqualTo("jbox: bridge jboxbr0: 10.0.4.0/24 overlaps with a route of the host: 10.0.0.0/16 by nic1\n"
                        + "  hint: choose another in \"bridges\" of /etc/jbox/net.yaml\n");
        assertThat(Wires.names()).doesNotContain("jboxbr0");
    }

    @Test
    void bridgesAreConfigured() throws IOException {
        Path file = Path.of("/run/net.yaml");
        Files.writeString(
                file,
                "bridges:\n  - {}\n  - {name: lab0, ipv4: 10.77.0.1/16, ipv6: \"fd77::1/64\", nat: false, domain: lab, mtu: 1400}\n");
        Map<String, String> environment = Map.of("JBOX_NET_CONFIG", file.toString());
        assertThat(TestHost.run(TestHost.command("net", "up", "lab0"), environment)
                        .exitCode())
                .isZero();
        assertThat(sh("ip addr show lab0"))
                .contains("10.77.0.1/16")
                .contains("fd77::1/64")
                .contains("mtu 1400");
        assertThat(sh("nft list ruleset")).doesNotContain("10.77");
        TestHost.run(TestHost.command("net", "down", "lab0"), environment);
        assertThat(Wires.names()).containsExactly("lo");

        Files.writeString(
                file,
                "bridges:\n  - {name: lab0, ipv4: 10.77.0.1/31}\n  - {name: lab0, ipv4: 10.9.0.1/24, nta: true}\n");
        Result wrong = TestHost.run(TestHost.command("net", "up"), environment);
        assertThat(wrong.err()).contains("/run/net.yaml:3:", "did you mean \"nat\"?");
    }

    @Test
    void aBoxGetsItsLeaseAndEverybodyItsName() {
        jbox("start", Boxes.define("one", LEASED, ASKS));
        jbox("start", Boxes.define("two", AUTO, Boxes.idle()));
        Boxes.await("a lease", () -> jbox("ls", "-F", "IPV4", "^one$").out().contains("10.0.4."));
        String address = jbox("ls", "-F", "IPV4", "^one$").out().split("\n")[1].trim();
        String other = jbox("ls", "-F", "IPV4", "^two$").out().split("\n")[1].trim();

        assertThat(Path.of("/run/jbox/.net/jboxbr0/leases")).content().contains(address);
        for (String name : List.of("one", "one.jbox")) {
            assertThat(jbox("exec", "two", "--", "nslookup", name, "10.0.4.1").out())
                    .contains(address);
            assertThat(sh("busybox nslookup " + name + " 10.0.4.1")).contains(address);
        }
        jbox("exec", "one", "--", "ping", "-c1", "-W2", other);
        sh("busybox ping -c1 -W2 " + address);
        // The address stays the box's.
        jbox("stop", "-k", "one");
        jbox("start", "/run/boxes/one.yaml");
        Boxes.await(
                "the same lease", () -> jbox("ls", "-F", "IPV4", "^one$").out().contains(address));
    }

    /** NET_ADMIN is not in the default set: nothing in the box could set an address. */
    @Test
    void aBoxThatMayNotAskIsGivenWhatItsLeaseWouldBe() {
        String facts = "ip -o -4 addr show dev eth0 | awk '{print $4}'; ip route; cat /etc/resolv.conf";
        jbox("start", Boxes.define("same", LEASED, ASKS));
        Boxes.await("a lease", () -> jbox("ls", "-F", "IPV4", "^same$").out().contains("10.0.4."));
        String address = jbox("ls", "-F", "IPV4", "^same$").out().split("\n")[1].trim();
        jbox("stop", "-k", "same");

        Result started = jbox("start", Boxes.define("same", LEASED, Boxes.idle()));

        assertThat(started.err()).isEmpty();
        assertThat(jbox("exec", "same", "--", "sh", "-c", facts).out())
                .contains(address + "/24\n", "default via 10.0.4.1 dev eth0", "nameserver 10.0.4.1\n");
    }

    /** More than one interface, at the start or live: one of them is the way out. */
    @Test
    void oneDefaultRouteIsAll() {
        String nic = "{type: veth, link: jboxbr0, flags: up}";
        jbox("start", Boxes.define("two", "net: [" + nic + ", " + nic + "]", Boxes.idle()));
        jbox("net", "add", "two", "type=veth,link=jboxbr0,flags=up");

        assertThat(jbox("exec", "two", "--", "ip", "route").out()).containsOnlyOnce("default via 10.0.4.1 dev eth0");
        assertThat(jbox("ls", "-F", "IPV4", "^two$").out().split(", ")).hasSize(3);
    }

    @Test
    void boxesReachTheWorldAndTheWorldDoesNotReachThem() {
        sh(
                "mkdir -p /run/netns; ip netns add world && ip link add up0 type veth peer name eth0 netns world && ip addr add"
                        + " 198.18.0.1/24 dev up0 && ip link set up0 up && ip netns exec world sh -c 'ip addr add 198.18.0.2/24 dev"
                        + " eth0; ip link set eth0 up; ip route add 10.0.4.0/24 via 198.18.0.1'");
        jbox("start", Boxes.define("one", AUTO, Boxes.idle()));
        String address = jbox("ls", "-F", "IPV4", "^one$").out().split("\n")[1].trim();

        jbox("exec", "one", "--", "ping", "-c1", "-W2", "198.18.0.2");
        Result in = TestHost.run(
                List.of("ip", "netns", "exec", "world", "busybox", "ping", "-c1", "-W1", address), Map.of());
        assertThat(in.exitCode()).isEqualTo(1);
        sh("ip netns del world");
    }

    @Test
    void withoutDnsmasqTheBoxHasAnAddressAllTheSame() {
        // A host that has neither: an empty folder over where they are.
        String hidden =
                "for p in dnsmasq nft iptables; do for d in /usr/sbin /sbin; do [ -e $d/$p ] && mount --bind /dev/null"
                        + " $d/$p; done; done; exec bin/jbox start " + Boxes.define("one", LEASED, Boxes.idle());
        Result result =
                TestHost.run(List.of("unshare", "-m", "--propagation", "private", "sh", "-c", hidden), Map.of());

        assertThat(result.exitCode()).as(result.err()).isZero();
        assertThat(result.err().lines())
                .hasSize(2)
                .allMatch(line -> line.startsWith("jbox: jboxbr0: this host lacks "));
        assertThat(jbox("ls", "-F", "IPV4", "^one$").out()).contains("10.0.4.");
        jbox("exec", "one", "--", "ping", "-c1", "-W2", "10.0.4.1");
    }

    @Test
    void twoHundredBoxesReachEachOtherByName() {
        List<String> files = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            files.add(Boxes.define("many" + i, AUTO, Boxes.idle()));
        }
        List<String> start = new ArrayList<>(List.of("start"));
        start.addAll(files);
        jbox(start.toArray(new String[0]));
        assertThat(jbox("ls", "-F", "IPV4")
                        .out()
                        .lines()
                        .filter(line -> line.startsWith("10.0.4."))
                        .distinct())
                .hasSize(200);
        // Two hundred boxes that come up at once flood each other: one packet may be lost, a second one not.
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            line.append("a=$(nslookup many")
                    .append(i)
                    .append(
                            " 10.0.4.1 | sed -n 's/^Address: \\(10.*\\)/\\1/p') && { ping -c1 -W3 $a || ping -c1 -W3 $a; }")
                    .append(" >/dev/null || echo many")
                    .append(i)
                    .append(" \"$a\"; ");
        }
        assertThat(jbox("exec", "many7", "--", "sh", "-c", line.toString()).out())
                .isEmpty();
        List<String> stop = new ArrayList<>(List.of("stop", "-k"));
        for (int i = 0; i < 200; i++) {
            stop.add("many" + i);
        }
        jbox(stop.toArray(new String[0]));
        Boxes.await("the veths", () -> Wires.names().size() == 2);
    }

    @Test
    void fiftyBoxesGetTheirLeasesAtOnce() {
        List<String> start = new ArrayList<>(List.of("start"));
        List<String> stop = new ArrayList<>(List.of("stop", "-k"));
        for (int i = 0; i < 50; i++) {
            start.add(Boxes.define("dhcp" + i, LEASED, ASKS));
            stop.add("dhcp" + i);
        }
        jbox(start.toArray(new String[0]));
        Boxes.await(
                "fifty leases",
                () -> jbox("ls", "-F", "IPV4")
                                .out()
                                .lines()
                                .filter(line -> line.startsWith("10.0.4."))
                                .distinct()
                                .count()
                        == 50);
        jbox(stop.toArray(new String[0]));
    }

    @Test
    void aDestroyedBoxGivesItsAddressBack() {
        String file = Boxes.define("one", AUTO, Boxes.idle());
        jbox("start", file);
        jbox("stop", "-k", "one");
        assertThat(Path.of("/var/lib/jbox/.net/jboxbr0")).content().contains(" one 0\n");
        jbox("destroy", "one");

        assertThat(Path.of("/var/lib/jbox/.net/jboxbr0")).content().doesNotContain(" one ");
        assertThat(new File("/run/jbox/.net/jboxbr0/names").list()).doesNotContain("one#0");
    }
}
