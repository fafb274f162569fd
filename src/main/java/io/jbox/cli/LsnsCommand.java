package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.life.BoxInfo;
import io.jbox.problem.JboxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@code jbox lsns}: lists namespaces like lsns(8). */
final class LsnsCommand implements Command {
    @Override
    public CommandSpec spec() {
        List<Option> options = new ArrayList<>(LsnsOptions.OPTIONS);
        options.add(Option.VERSION);
        return new CommandSpec("lsns", "[NAMESPACE]", "lists namespaces", details(), options, false, true).looking();
    }

    /** Help besides the options. */
    static String details() {
        StringBuilder out = new StringBuilder("NAMESPACE is an id: its processes are listed then. The columns are\n");
        for (LsnsColumn column : LsnsColumn.values()) {
            out.append("  ").append(column).append(" ".repeat(9 - column.name().length()));
            out.append(column.about()).append('\n');
        }
        return out.append("An EXPRESSION compares columns with numbers and texts (== != < <= > >= =~ !~), joined by\n"
                        + "and, or, not: 'TYPE == \"net\" and NPROCS > 1'.\n")
                .toString();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        return new NamespaceListing(
                        arguments, surroundings, NamespaceListing.STANDARD, () -> boxes(surroundings, arguments))
                .print(arguments.operands());
    }

    /** The running boxes by the pids of their first processes; none if their records cannot be read. */
    static Map<Integer, String> boxes(Surroundings surroundings, Arguments arguments) {
        Map<Integer, String> boxes = new HashMap<>();
        try {
            Jbox jbox = surroundings.jbox(arguments);
            for (BoxInfo box : jbox.infos(jbox.names(), false)) {
                if (box.pid() != 0) {
                    boxes.put(box.pid(), box.name());
                }
            }
        } catch (JboxException e) {
            return Map.of();
        }
        return boxes;
    }
}
