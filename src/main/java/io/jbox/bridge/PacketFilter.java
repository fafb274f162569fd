package io.jbox.bridge;

import io.jbox.config.Bridge;
import io.jbox.config.IpAddress;
import io.jbox.config.IpPrefix;
import io.jbox.config.Value;
import io.jbox.kernel.Kernel;
import io.jbox.netlink.FilterGeneration;
import io.jbox.problem.JboxException;
import io.jbox.state.ReplacedFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Manages the NAT and filter rules of jbox's bridges: one nftables table that only jbox uses, or iptables chains if nft
 * is missing. Each change replaces all of it. The rules as listed afterwards are saved, to detect later if any were
 * removed.
 */
final class PacketFilter {
    private static final Path CONNECTIONS = Path.of("/proc/sys/net/netfilter/nf_conntrack_max");
    private static final long DEFAULT_CONNECTIONS = 262_144;
    private static final int CONNECTIONS_PART = 16;
    private static final long LEAST_CONNECTIONS = 1024;
    private static final String FORWARD = "JBOX-FORWARD";
    private static final String POSTROUTING = "JBOX-POSTROUTING";

    private final Kernel kernel;
    /** The rules when they were applied: their generation and their text. */
    private final Path kept;

    private final @Nullable String nft = Command.find("nft");
    private final @Nullable String iptables = Command.find("iptables");

    /** @param folder of all bridges */
    PacketFilter(Kernel kernel, String folder) {
        this.kernel = kernel;
        this.kept = Path.of(folder, ".rules");
    }

    /** Names the missing program; null if nothing is missing. */
    @Nullable
    String missing() {
        return nft == null && iptables == null
                ? "nft (package nftables): boxes have no connections beyond this host"
                : null;
    }

    /** Whether the rules are unchanged since {@link #apply}; flushing the host's rules removes them, too. */
    boolean isThere() {
        if (nft == null && iptables == null) {
            return true;
        }
        String listed = listed();
        try {
            List<String> lines = Files.readAllLines(kept);
            boolean same = !lines.isEmpty()
                    && !listed.isEmpty()
                    && listed.equals(String.join("\n", lines.subList(1, lines.size())));
            if (same && !lines.get(0).equals(generation())) {
                // Other rules were changed: remembered, so that the next check need not list the rules.
                keep(listed);
            }
            return same;
        } catch (IOException e) {
            return false;
        }
    }

    /** The same check, without starting a process if no rule of this host has changed. */
    boolean isProbablyThere() {
        String generation = generation();
        if (generation.equals("0")) {
            return true;
        }
        try (BufferedReader in = Files.newBufferedReader(kept)) {
            if (generation.equals(in.readLine())) {
                return true;
            }
        } catch (IOException e) {
            return false;
        }
        return isThere();
    }

    /** The generation; "0" if the kernel does not count. */
    private String generation() {
        return nft == null ? "0" : Long.toString(FilterGeneration.read(kernel));
    }

    private void keep(String listed) {
        byte[] text = (generation() + "\n" + listed).getBytes(StandardCharsets.UTF_8);
        ReplacedFile.write(kernel, kept + ".new", kept.toString(), text, false);
    }

    /** The rules as listed by the host's program; empty if there are none. */
    private String listed() {
        try {
            if (nft != null) {
                return Command.run(List.of(nft, "-t", "list", "table", "inet", "jbox"), "");
            }
            return iptables == null
                    ? ""
                    : Command.run(waiting(iptables, "-t", "nat", "-S", POSTROUTING), "") + "\n"
                            + Command.run(waiting(iptables, "-t", "filter", "-S", FORWARD), "");
        } catch (JboxException e) {
            return "";
        }
    }

    /** Chains of others that see forwarded packets, drop by default, and have no rule for this bridge. */
    List<String> dropping(String bridge) {
        List<String> dropping = new ArrayList<>();
        if (nft == null) {
            return dropping;
        }
        String rules;
        try {
            rules = Command.run(List.of(nft, "-t", "list", "ruleset"), "");
        } catch (JboxException e) {
            return dropping;
        }
        String table = "";
        String chain = "";
        boolean drops = false;
        boolean knows = false;
        for (String line : rules.split("\n")) {
            String[] words = line.trim().split(" ");
            if (words.length >= 3 && words[0].equals("table")) {
                table = words[1] + " " + words[2];
            } else if (words[0].equals("chain") && words.length >= 2) {
                chain = words[1];
                drops = false;
                knows = false;
            } else if (line.contains("hook forward") && line.contains("policy drop")) {
                drops = true;
            } else if (words[0].equals("}") && line.startsWith("\t}")) {
                if (drops && !knows) {
                    dropping.add(table + " " + chain);
                }
                drops = false;
            }
            knows |= line.contains('"' + bridge + '"');
        }
        return dropping;
    }

    /** Permits connections from boxes on these bridges to the outside, and none in the other direction. */
    void apply(List<Bridge> bridges) {
        if (nft != null) {
            try {
                Command.run(List.of(nft, "-f", "-"), script(bridges, mostConnections()));
            } catch (JboxException e) {
                // A kernel without nft_connlimit; any other error occurs again.
                Command.run(List.of(nft, "-f", "-"), script(bridges, 0));
            }
        } else if (iptables != null) {
            applyTables(iptables, bridges);
        }
        keep(listed());
    }

    /**
     * The most connections per address: a small part of the maximum in the host's connection table, which all share.
     */
    private static long mostConnections() {
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
    static String script(List<Bridge> bridges, long most) {
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
        String network = network(prefix);
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

    /** The network of an address, such as {@code 10.0.4.0/24}. */
    static String network(IpPrefix prefix) {
        byte[] bytes = prefix.bytes();
        for (int bit = prefix.length(); bit < 8 * bytes.length; bit++) {
            bytes[bit / 8] &= (byte) ~(0x80 >> bit % 8);
        }
        return IpAddress.format(bytes) + "/" + prefix.length();
    }

    private static void applyTables(String iptables, List<Bridge> bridges) {
        for (String[] chain : new String[][] {{"filter", "FORWARD", FORWARD}, {"nat", "POSTROUTING", POSTROUTING}}) {
            attempt(iptables, "-t", chain[0], "-D", chain[1], "-j", chain[2]);
            attempt(iptables, "-t", chain[0], "-F", chain[2]);
            attempt(iptables, "-t", chain[0], "-X", chain[2]);
            if (!bridges.isEmpty()) {
                tables(iptables, "-t", chain[0], "-N", chain[2]);
                tables(iptables, "-t", chain[0], "-I", chain[1], "-j", chain[2]);
            }
        }
        for (Bridge bridge : bridges) {
            if (!bridge.nat()) {
                continue;
            }
            String name = bridge.name();
            String network = network(bridge.ipv4().get());
            tables(iptables, "-A", FORWARD, "-i", name, "-o", name, "-j", "ACCEPT");
            tables(
                    iptables,
                    "-A",
                    FORWARD,
                    "-o",
                    name,
                    "-m",
                    "conntrack",
                    "--ctstate",
                    "ESTABLISHED,RELATED,DNAT",
                    "-j",
                    "ACCEPT");
            tables(iptables, "-A", FORWARD, "-o", name, "-j", "DROP");
            tables(iptables, "-t", "nat", "-A", POSTROUTING, "-s", network, "!", "-d", network, "-j", "MASQUERADE");
        }
        // After everything that is dropped: permits packets to the outside, not to another bridge.
        for (Bridge bridge : bridges) {
            if (bridge.nat()) {
                tables(iptables, "-A", FORWARD, "-i", bridge.name(), "-j", "ACCEPT");
            }
        }
    }

    private static void tables(String... words) {
        Command.run(waiting(words), "");
    }

    /** Runs a command that fails if there is nothing to remove. */
    private static void attempt(String... words) {
        try {
            Command.run(waiting(words), "");
        } catch (JboxException e) {
            return;
        }
    }

    private static List<String> waiting(String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.add(1, "-w");
        return all;
    }
}
