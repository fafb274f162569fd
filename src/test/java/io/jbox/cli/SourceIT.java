package io.jbox.cli;

import static io.jbox.testhost.Boxes.jbox;
import static io.jbox.testhost.Wires.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.HostPrograms;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.Wires;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a box can send on jbox's own bridge: as itself, and nothing else. */
class SourceIT {
    private static final Path FOLDER = Path.of("/run/source");
    private static final List<String> ITS_OWN = List.of(
            "ipv4",
            "asks-dhcp",
            "renews-dhcp",
            "arp",
            "arp-probe",
            "ipv6",
            "solicits",
            "probes",
            "joins",
            "leaves-ipv4",
            "fragment6");
    private static final List<String> FORGED = List.of(
            "mac",
            "foreign-ipv4",
            "answers-dhcp",
            "asks-as-other",
            "renews-as-other",
            "queries-ipv4",
            "foreign-arp",
            "foreign-arp-mac",
            "foreign-ipv6",
            "advertises-router",
            "hidden-router",
            "router-in-piece",
            "foreign-neighbour",
            "foreign-probe",
            "queries",
            "hidden-query",
            "redirects",
            "answers-dhcpv6",
            "hidden-dhcpv6",
            "dhcpv6-in-piece",
            "vlan",
            "lldp");

    /** Sends a frame of each kind, with its name in it. Takes the interface, its addresses and its index. */
    private static final String SENDS = """
            use Socket;
            my ($mac, $ip, $ll, $index) = @ARGV;
            my $hw = pack("H12", $mac =~ s/://gr);
            my $own = inet_aton($ip);
            my $own6 = Socket::inet_pton(AF_INET6, $ll);
            my $foreign = inet_aton("10.0.4.77");
            my $foreign6 = Socket::inet_pton(AF_INET6, "fe80::77");
            my $all = "\\xff" x 6;
            my $other = pack("H12", "020000000077");
            my $any6 = "\\0" x 16;
            my $all6 = Socket::inet_pton(AF_INET6, "ff02::1");
            sub eth { $all . ($_[2] // $hw) . pack("n", $_[0]) . $_[1] }
            my $name = "N" x 24;
            sub v4 { my ($src, $sport, $dport, $data, $protocol) = @_;
                my @head = (0x45, 0, 28 + length $data, 1, 0, 64, $protocol // 17, 0, $src, inet_aton("10.0.4.255"));
                my $sum = 0;
                $sum += $_ for unpack("n*", pack("CCnnnCCna4a4", @head));
                $sum = ($sum & 0xffff) + ($sum >> 16) for 1, 2;
                # A bridge that hands packets to the host's rules wants it right.
                $head[7] = ~$sum & 0xffff;
                eth(0x800, pack("CCnnnCCna4a4", @head) . pack("nnnn", $sport, $dport, 8 + length $data, 0) . $data) }
            sub arp { my ($sha, $spa, $data) = @_;
                eth(0x806, pack("nnCCna6a4a6a4", 1, 0x800, 6, 4, 1, $sha, $spa, "\\0" x 6, $foreign) . $data) }
            sub v6 { my ($src, $next, $hops, $body) = @_;
                eth(0x86dd, pack("NnCCa16a16", 6 << 28, length $body, $next, $hops, $src, $all6) . $body) }
            sub icmp { my ($type, $target, $data) = @_; pack("CCnN", $type, 0, 0, 0) . ($target // "") . $data }
            my %frames = (
                "ipv4" => v4($own, 9, 9, $name),
                "asks-dhcp" => v4(inet_aton("0.0.0.0"), 68, 67, "." x 28 . $hw . $name),
                "renews-dhcp" => v4($own, 68, 67, "." x 28 . $hw . $name),
                "asks-as-other" => v4(inet_aton("0.0.0.0"), 68, 67, "." x 28 . $other . $name),
                "renews-as-other" => v4($own, 68, 67, "." x 28 . $other . $name),
                "leaves-ipv4" => v4($own, 0x1700, 0, $name, 2),
                "queries-ipv4" => v4($own, 0x1100, 0, $name, 2),
                "probes" => v6($any6, 58, 255, icmp(135, $own6, $name)),
                "foreign-probe" => v6($any6, 58, 255, icmp(135, $foreign6, $name)),
                "joins" => v6($own6, 0, 1, pack("CCn", 58, 0, 0x502) . "\\0" x 4 . icmp(143, undef, $name)),
                "queries" => v6($own6, 58, 1, icmp(130, $foreign6, $name)),
                "hidden-query" => v6($own6, 0, 1, pack("CCCCN", 58, 0, 1, 4, 0) . icmp(130, $foreign6, $name)),
                "hidden-dhcpv6" => v6($own6, 60, 64, pack("CCCCN", 17, 0, 1, 4, 0) . pack("nnnn", 547, 546, 32, 0) . $name),
                "dhcpv6-in-piece" => v6($own6, 44, 64, pack("CCnN", 17, 0, 0, 7) . pack("nnnn", 547, 546, 32, 0) . $name),
                "router-in-piece" => v6($own6, 44, 255, pack("CCnN", 58, 0, 0, 9) . icmp(134, undef, $name)),
                "fragment6" => v6($own6, 44, 64, pack("CCnN", 17, 0, 0, 8) . pack("nnnn", 9, 9, 32, 0) . $name),
                "arp" => arp($hw, $own, $name),
                "arp-probe" => arp($hw, inet_aton("0.0.0.0"), $name),
                "ipv6" => v6($own6, 59, 64, $name),
                "solicits" => v6($own6, 58, 255, icmp(135, $foreign6, $name)),
                "mac" => eth(0x800, substr(v4($own, 9, 9, $name), 14), $other),
                "foreign-ipv4" => v4($foreign, 9, 9, $name),
                "answers-dhcp" => v4($own, 67, 68, $name),
                "foreign-arp" => arp($hw, $foreign, $name),
                "foreign-arp-mac" => arp($other, $own, $name),
                "foreign-ipv6" => v6($foreign6, 59, 64, $name),
                "advertises-router" => v6($own6, 58, 255, icmp(134, undef, $name)),
                "hidden-router" => v6($own6, 60, 255, pack("CCCCN", 58, 0, 1, 4, 0) . icmp(134, undef, $name)),
                "foreign-neighbour" => v6($own6, 58, 255, icmp(136, $foreign6, $name)),
                "redirects" => v6($own6, 58, 255, icmp(137, $foreign6, $name)),
                "answers-dhcpv6" => v6($own6, 17, 64, pack("nnnn", 547, 546, 32, 0) . $name),
                "vlan" => eth(0x8100, pack("nn", 5, 0x800) . substr(v4($own, 9, 9, $name), 14)),
                "lldp" => eth(0x88cc, $name),
            );
            socket(my $s, 17, SOCK_RAW, 0) or die "socket: $!";
            my $to = pack("SnlSCCa8", 17, 3, $index, 1, 0, 6, $all);
            for my $round (1 .. 3) {
                for my $name (sort keys %frames) {
                    my $frame = $frames{$name};
                    my $shown = substr("<$name>" . " " x 24, 0, 24);
                    $frame =~ s/N{24}/$shown/;
                    send($s, $frame . "\\0" x 60, 0, $to) or die "send $name: $!";
                }
            }
            # Nothing comes after it.
            my $last = v4($own, 9, 9, substr("<last>" . " " x 24, 0, 24));
            send($s, $last, 0, $to) for 1 .. 3;
            """;

    /** Prints the names in the frames that come to the bridge, each once, until the last. */
    private static final String HEARS = """
            use Socket;
            $| = 1;
            socket(my $s, 17, SOCK_RAW, unpack("S", pack("n", 3))) or die;
            bind($s, pack("SnlSCCa8", 17, 3, $ARGV[0], 0, 0, 0, "")) or die;
            print "ready\\n";
            my %seen;
            my $end = time + 10;
            while (time < $end) {
                my $in = "";
                vec($in, fileno($s), 1) = 1;
                select($in, undef, undef, 0.2) > 0 or next;
                defined recv($s, my $frame, 2000, 0) or die;
                $frame =~ /<([a-z0-9-]+)>/ or next;
                exit if $1 eq "last";
                print "$1\\n" if !$seen{$1}++;
            }
            """;

    private static HostPrograms programs;

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        assumeTrue(new File("/usr/bin/perl").exists(), "needs perl");
        programs = new HostPrograms(FOLDER);
        Files.writeString(FOLDER.resolve("root/sends"), SENDS);
        Files.writeString(FOLDER.resolve("hears"), HEARS);
    }

    @AfterEach
    void nothingIsLeft() {
        for (String name : List.of("sender", "other")) {
            TestHost.jbox("stop", "-k", name);
        }
        jbox("net", "down");
        Boxes.await("leftovers " + Boxes.leftovers(), () -> Boxes.leftovers().isEmpty());
        Wires.clear();
    }

    /** Starts a box, lets it send everything, and returns the names of what came to the bridge. */
    private static List<String> heard(String net, String... lines) throws IOException {
        jbox("start", programs.define("sender", net, lines));
        String facts = jbox("exec", "sender", "--", "sh", "-c", """
                cat /sys/class/net/eth0/address; ip -o -4 addr show dev eth0 | tr -s ' ' | cut -d' ' -f4 | cut -d/ -f1
                ip -o -6 addr show dev eth0 scope link | tr -s ' ' | cut -d' ' -f4 | cut -d/ -f1; cat /sys/class/net/eth0/ifindex
                """).out().replace('\n', ' ');
        String heard = sh("exec 3>&1; perl " + FOLDER + "/hears $(cat /sys/class/net/jboxbr0/ifindex) | { read ready;"
                + " bin/jbox exec sender -- perl /sends " + facts + " >&2; cat; }");
        return heard.lines().sorted().toList();
    }

    /** No ruleset has it: a flush of the host's changes nothing. */
    @Test
    void aBoxSendsAsItself() throws IOException {
        jbox("net", "up");
        sh("nft flush ruleset");

        assertThat(heard("{type: veth, link: jboxbr0, flags: up}", Boxes.idle()))
                .containsExactlyInAnyOrderElementsOf(ITS_OWN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"cap: {add: [net_admin]}", "idmap: none"})
    void whateverItMayDoInItsNetwork(String line) throws IOException {
        assertThat(heard("{type: veth, link: jboxbr0, flags: up, ipv4: {address: auto}}", line, Boxes.idle()))
                .containsExactlyInAnyOrderElementsOf(ITS_OWN);
    }

    @Test
    void whoAllowsItGetsIt() throws IOException {
        assertThat(heard("{type: veth, link: jboxbr0, flags: up, spoof: allow}", Boxes.idle()))
                .containsAll(ITS_OWN)
                .containsAll(FORGED);
    }

    /** Live, too, where the box runs while its interface is made. */
    @Test
    void interfacesThatAreAddedAreGuardedAsWell() throws IOException {
        jbox("start", programs.define("sender", "{type: empty, flags: up}", Boxes.idle()));
        jbox("net", "up");
        jbox("net", "add", "sender", "type=veth,link=jboxbr0,flags=up");

        assertThat(sh("tc filter show dev $(ls /sys/class/net/jboxbr0/brif) ingress"))
                .contains("jbox-source");
    }
}
