package io.jbox.cli;

import io.jbox.bridge.BridgeStatus;
import io.jbox.bridge.HostBridge;
import io.jbox.host.CheckLine;
import io.jbox.host.HostCheck;
import io.jbox.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code jbox check}: tells which features for boxes this host has. */
final class CheckCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "check",
                        "",
                        "shows which features for boxes this host has, and what to do about the rest",
                        "The exit code is 1 where boxes cannot run at all.\n",
                        List.of(Option.JSON),
                        false)
                .looking();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<CheckLine> lines = new ArrayList<>(HostCheck.run());
        bridges(surroundings, arguments, lines);
        surroundings.out().print(arguments.has(Option.JSON) ? json(lines) : text(lines));
        for (CheckLine line : lines) {
            if (line.verdict() == CheckLine.Verdict.BROKEN) {
                return 1;
            }
        }
        return 0;
    }

    /** Adds the problems of jbox bridges that are up. */
    private static void bridges(Surroundings surroundings, Arguments arguments, List<CheckLine> lines) {
        if (!surroundings.root()) {
            return;
        }
        for (HostBridge bridge : surroundings.jbox(arguments).networks().hostBridges()) {
            BridgeStatus status = bridge.status();
            for (String missing : status.isUp() ? status.missing() : List.<String>of()) {
                lines.add(new CheckLine(
                        "network", status.name(), CheckLine.Verdict.ABSENT, "lacks " + missing, "jbox net up"));
            }
        }
    }

    private static String text(List<CheckLine> lines) {
        StringBuilder out = new StringBuilder();
        String group = "";
        for (CheckLine line : lines) {
            if (!line.group().equals(group)) {
                group = line.group();
                out.append(out.isEmpty() ? "" : "\n").append(group).append('\n');
            }
            out.append("  ").append(word(line)).append(" ".repeat(8 - word(line).length()));
            out.append(line.subject()).append(": ").append(line.finding());
            out.append(line.advice() == null ? "" : " (" + line.advice() + ")").append('\n');
        }
        return out.toString();
    }

    private static String word(CheckLine line) {
        return line.verdict().name().toLowerCase(Locale.ROOT);
    }

    private static String json(List<CheckLine> lines) {
        List<Object> list = new ArrayList<>();
        for (CheckLine line : lines) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("group", line.group());
            entry.put("subject", line.subject());
            entry.put("verdict", word(line));
            entry.put("finding", line.finding());
            entry.put("advice", line.advice());
            list.add(entry);
        }
        return Json.write(list) + "\n";
    }
}
