package io.jbox.bridge;

import io.jbox.config.Bridge;
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

    /** What {@link #isProbablyThere} goes by. */
    void reliesOn(Reliance reliance) {
        if (nft == null) {
            Command.absent("nft", reliance);
        } else {
            reliance.filter(Long.parseLong(generation()));
        }
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
            return iptables == null ? "" : new IptablesChains(iptables).listed();
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
                Command.run(List.of(nft, "-f", "-"), NftScript.of(bridges, NftScript.mostConnections()));
            } catch (JboxException e) {
                // A kernel without nft_connlimit; any other error occurs again.
                Command.run(List.of(nft, "-f", "-"), NftScript.of(bridges, 0));
            }
        } else if (iptables != null) {
            new IptablesChains(iptables).apply(bridges);
        }
        keep(listed());
    }
}
