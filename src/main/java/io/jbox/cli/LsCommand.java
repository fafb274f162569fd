package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.json.Json;
import io.jbox.life.BoxInfo;
import io.jbox.state.BoxState;
import io.jbox.terminal.Terminal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** {@code jbox ls}: lists boxes. */
final class LsCommand implements Command {
    private static final Option FANCY = new Option('f', "fancy", null, "a table");
    private static final Option LINE = new Option('1', "line", null, "one name on each line");
    private static final Option COLUMNS = new Option('F', "fancy-format", "COLUMNS", "a table of these columns");
    private static final Option RUNNING = new Option('\0', "running", null, "only those that run");
    private static final Option STOPPED = new Option('\0', "stopped", null, "only those that do not");
    private static final Option FROZEN = new Option('\0', "frozen", null, "only those that are frozen");
    private static final Option ACTIVE =
            new Option('\0', "active", null, "only those that run, are frozen, or are changing to either");
    private static final Option DEFINED =
            new Option('\0', "defined", null, "only those that are defined in the folder of boxes");
    private static final Option GROUPS =
            new Option('g', "groups", "GROUPS", "only those that are in all of these groups, separated by commas");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "ls",
                        "[REGEX]",
                        "lists the boxes that are defined or running",
                        "With REGEX, only boxes whose name contains a match. The columns are\n" + Column.names()
                                + ".\n"
                                + "An ! after a state means that something is wrong with the box; standard error says what.\n",
                        List.of(
                                FANCY,
                                LINE,
                                COLUMNS,
                                RUNNING,
                                STOPPED,
                                FROZEN,
                                ACTIVE,
                                DEFINED,
                                GROUPS,
                                Option.PATH,
                                Option.JSON),
                        false)
                .looking();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        if (arguments.operands().size() > 1) {
            throw arguments.usage("expected at most one regular expression");
        }
        List<Column> columns = columns(arguments);
        boolean table = arguments.has(FANCY) || arguments.has(COLUMNS);
        boolean json = arguments.has(Option.JSON);
        boolean definitions = arguments.has(GROUPS) || json && !arguments.has(COLUMNS);
        for (Column column : columns) {
            definitions |= (table || json) && column.needsDefinition();
        }
        Jbox jbox = surroundings.jbox(arguments);
        List<String> names = new ArrayList<>();
        Pattern filter = filter(arguments);
        for (String name : jbox.names()) {
            if (filter == null || filter.matcher(name).find()) {
                names.add(name);
            }
        }
        List<BoxInfo> infos = new ArrayList<>();
        for (BoxInfo info : jbox.infos(names, definitions)) {
            if (isWanted(info, arguments)) {
                infos.add(info);
            }
        }
        if (json) {
            surroundings.out().println(json(infos, arguments.has(COLUMNS) ? columns : List.of(Column.values())));
        } else if (table) {
            surroundings.out().print(table(infos, columns));
        } else {
            String separator = arguments.has(LINE) || !Terminal.ofOutput().exists() ? "\n" : " ";
            List<String> shown = new ArrayList<>();
            for (BoxInfo info : infos) {
                shown.add(info.name());
            }
            surroundings.out().print(String.join(separator, shown) + (shown.isEmpty() ? "" : "\n"));
        }
        surroundings.out().flush();
        if (names.isEmpty() && filter == null && !json && Terminal.ofOutput().exists()) {
            surroundings.err().println("no box is defined or running; jbox start bbox starts the first one");
        }
        for (BoxInfo info : infos) {
            if (!info.problem().isEmpty()) {
                surroundings.err().println("jbox: " + info.name() + ": " + info.problem());
            }
        }
        return 0;
    }

    private static List<Column> columns(Arguments arguments) {
        String text = arguments.value(COLUMNS);
        if (text == null) {
            return Column.FANCY;
        }
        List<Column> columns = new ArrayList<>();
        for (String word : text.split("[, ]+")) {
            Column column = Column.find(word);
            if (column == null) {
                throw arguments.usage("-F: no column \"" + word + "\"; there are " + Column.names());
            }
            columns.add(column);
        }
        return columns;
    }

    private static @Nullable Pattern filter(Arguments arguments) {
        if (arguments.operands().isEmpty()) {
            return null;
        }
        try {
            return Pattern.compile(arguments.operands().get(0));
        } catch (PatternSyntaxException e) {
            throw arguments.usage("\"" + arguments.operands().get(0) + "\": " + e.getDescription());
        }
    }

    private static boolean isWanted(BoxInfo info, Arguments arguments) {
        boolean wanted = !arguments.has(DEFINED) || info.definition().exists();
        String groups = arguments.value(GROUPS);
        if (groups != null) {
            for (String group : groups.split(",")) {
                wanted &= info.definition().groups().contains(group);
            }
        }
        boolean byState = arguments.has(RUNNING) || arguments.has(STOPPED) || arguments.has(FROZEN);
        if (!byState && !arguments.has(ACTIVE)) {
            return wanted;
        }
        BoxState state = info.state();
        return wanted
                && (arguments.has(RUNNING) && state == BoxState.RUNNING
                        || arguments.has(STOPPED) && state == BoxState.STOPPED
                        || arguments.has(FROZEN) && state == BoxState.FROZEN
                        || arguments.has(ACTIVE) && state.isActive());
    }

    /** Aligns columns with spaces, like lxc-ls. */
    static String table(List<BoxInfo> infos, List<Column> columns) {
        long now = System.currentTimeMillis();
        List<List<String>> rows = new ArrayList<>();
        List<String> heading = new ArrayList<>();
        for (Column column : columns) {
            heading.add(column.name());
        }
        rows.add(heading);
        for (BoxInfo info : infos) {
            List<String> row = new ArrayList<>();
            for (Column column : columns) {
                row.add(column.of(info, now));
            }
            rows.add(row);
        }
        return infos.isEmpty() ? "" : Table.align(rows);
    }

    private static String json(List<BoxInfo> infos, List<Column> columns) {
        long now = System.currentTimeMillis();
        List<Object> list = new ArrayList<>();
        for (BoxInfo info : infos) {
            Map<String, @Nullable Object> entry = new LinkedHashMap<>();
            for (Column column : columns) {
                entry.put(column.name().toLowerCase(Locale.ROOT), column.value(info, now));
            }
            list.add(entry);
        }
        return Json.write(list);
    }
}
