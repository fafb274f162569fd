package io.jbox.bridge;

import io.jbox.config.Bridge;
import io.jbox.problem.JboxException;
import java.util.ArrayList;
import java.util.List;

/** The rules of all bridges as chains of iptables(8), for hosts without nft. */
final class IptablesChains {
    private static final String FORWARD = "JBOX-FORWARD";
    private static final String POSTROUTING = "JBOX-POSTROUTING";

    private final String iptables;

    /** @param iptables the program */
    IptablesChains(String iptables) {
        this.iptables = iptables;
    }

    /** As the program lists them. */
    String listed() {
        return Command.run(waiting(iptables, "-t", "nat", "-S", POSTROUTING), "") + "\n"
                + Command.run(waiting(iptables, "-t", "filter", "-S", FORWARD), "");
    }

    /** Replaces them. */
    void apply(List<Bridge> bridges) {
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
            String network = bridge.ipv4().get().network();
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
