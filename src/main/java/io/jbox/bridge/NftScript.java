package io.jbox.bridge;

import io.jbox.config.Bridge;
import io.jbox.config.IpPrefix;
import io.jbox.config.Value;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The rules of all bridges as nft(8) reads them. */
final class NftScript {
    private static final Path CONNECTIONS = Path.of("/proc/sys/net/netfilter/nf_conntrack_max");
    private static final long DEFAULT_CONNECTIONS = 262_144;
    private static final int CONNECTIONS_PART = 16;
    private static final long LEAST_CONNECTIONS = 1024;

    private NftScript() {}

    /**
     * The most connections per address: a small part of the maximum in the host's connection table, which all share.
     */
    static long mostConnections() {
        // Files.readString would read in several pieces, and a sysctl file returns nothing after the first read.
        try (BufferedReader in = Files.newBufferedReader(CONNECTIONS)) {
            long most = Long.parseLong(String.valueOf(in.readLine()).trim());
            return Math.max(LEAST_CONNECTIONS, most / CONNECTIONS_PART);
        } catch (IOException | NumberFormatException e) {
            // Connection tracking is not loaded yet: this is the kernel's default.
            return DEFAULT_CONNECTIONS / CONNECTIONS_PART;
        }
    }

    /**
     * The table in nft's syntax: the old one is replaced in one transaction.
     *
     * @param most connections per address; 0 for no limit
     */
    static String of(List<Bridge> bridges, long most) {
        StringBuilder out = new StringBuilder("table inet jbox {}\ndelete table inet jbox\n");
        if (bridges.isEmpty()) {
            return out.toString();
        }
        StringBuilder forward = new StringBuilder();
        StringBuilder nat = new StringBuilder();
        for (Bridge bridge : bridges) {
            String name = "\"" + bridge.name() + "\"";
            if (!bridge.nat()) {
                continue;
            }
            forward.append("    oifname ")
                    .append(name)
                    .append(" iifname ")
                    .append(name)
                    .append(" accept\n");
            forward.append("    oifname ").append(name).append(" ct state established,related accept\n");
            forward.append("    oifname ").append(name).append(" ct status dnat accept\n");
            forward.append("    oifname ").append(name).append(" drop\n");
            masquerade("ip", bridge.ipv4().get(), nat);
            Value<IpPrefix> ipv6 = bridge.ipv6();
            if (ipv6 != null) {
                masquerade("ip6", ipv6.get(), nat);
            }
        }
        out.append("table inet jbox {\n");
        limit(bridges, most, out);
        out.append("  chain forward {\n    type filter hook forward priority filter; policy accept;\n")
                .append(forward)
                .append("  }\n  chain postrouting {\n    type nat hook postrouting priority srcnat; policy accept;\n")
                .append(nat)
                .append("  }\n}\n");
        return out.toString();
    }

    private static void limit(List<Bridge> bridges, long most, StringBuilder out) {
        if (most == 0) {
            return;
        }
        for (String family : List.of("ip", "ip6")) {
            String type = family.equals("ip") ? "ipv4_addr" : "ipv6_addr";
            out.append("  set sources_")
                    .append(family)
                    .append(" {\n    type ")
                    .append(type)
                    .append("\n    size 65535\n    flags dynamic\n  }\n");
        }
        out.append("  chain connections {\n    type filter hook prerouting priority filter; policy accept;\n");
        for (Bridge bridge : bridges) {
            for (String family : List.of("ip", "ip6")) {
                out.append("    iifname \"")
                        .append(bridge.name())
                        .append("\" ct state new add @sources_")
                        .append(family)
                        .append(" { ")
                        .append(family)
                        .append(" saddr ct count over ")
                        .append(most)
                        .append(" } drop\n");
            }
        }
        out.append("  }\n");
    }

    private static void masquerade(String family, IpPrefix prefix, StringBuilder out) {
        String network = prefix.network();
        out.append("    ")
                .append(family)
                .append(" saddr ")
                .append(network)
                .append(' ')
                .append(family)
                .append(" daddr != ")
                .append(network)
                .append(" masquerade\n");
    }
}
