package io.jbox.testhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.TestHost.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A test host's network: bridges, and interfaces that look like hardware to boxes (the near ends of veth pairs). */
public final class Wires {
    private Wires() {}

    /** Runs a shell's command line, which must succeed; returns what it printed. */
    public static String sh(String line) {
        Result result = TestHost.run(List.of("sh", "-c", line), Map.of());
        assertThat(result.exitCode()).as(line + "\n" + result.err()).isZero();
        return result.out();
    }

    /** Makes nic0 with everything that an interface can have, and far0 at its other end. */
    public static void makeNic() {
        // Nobody else is on these wires: duplicate address detection would only take its seconds.
        sh("echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad");
        sh("ip link add nic0 type veth peer name far0");
        sh("ip link set nic0 address 02:00:00:00:aa:01 mtu 1400 txqueuelen 77 && ip link property add dev nic0 altname"
                + " quite-a-long-other-name");
        sh("ip addr add 192.168.7.1/24 dev far0 && ip link set far0 up && ip link set nic0 up");
        sh("ip addr add 192.168.7.2/24 dev nic0 && ip addr add 192.168.8.2/28 dev nic0 label nic0:x");
        sh("ip addr add fd07::2/64 dev nic0 nodad");
        sh(
                "ip route add 10.99.0.0/16 via 192.168.7.1 dev nic0 && ip route add default via 192.168.7.1 dev nic0 metric 50");
        sh("ip route add 10.98.0.0/16 dev nic0 scope link table 77");
        Boxes.await(
                "link-local addresses", () -> !sh("ip -6 addr show dev nic0").contains("tentative"));
    }

    /** Takes all interfaces but lo away. */
    public static void clear() {
        for (String name : sh("ls /sys/class/net").split("\n")) {
            if (!name.equals("lo") && !name.isBlank()) {
                TestHost.run(List.of("ip", "link", "del", name), Map.of());
            }
        }
    }

    /** All there is to see of an interface, without counters and indexes. */
    public static List<String> picture(String nic) {
        List<String> lines = new ArrayList<>();
        String all = sh(
                "ip addr show dev " + nic + "; ip route show table all dev " + nic + "; ip -6 route show dev " + nic);
        for (String line : all.split("\n")) {
            lines.add(
                    line.replaceAll("^[0-9]+: ", "").replaceAll("@[^:]+:", ":").strip());
        }
        return lines;
    }

    /** Takes away the folder of named network namespaces, which ip(8) leaves mounted. */
    public static void forgetNames() {
        TestHost.run(List.of("sh", "-c", "umount /run/netns; rmdir /run/netns"), Map.of());
    }

    /** The names of the host's interfaces. */
    public static List<String> names() {
        return List.of(sh("ls /sys/class/net").strip().split("\n"));
    }
}
