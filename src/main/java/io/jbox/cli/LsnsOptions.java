package io.jbox.cli;

import io.jbox.config.Namespace;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The options of lsns(8), and what they ask for in one call. */
final class LsnsOptions {
    static final Option JSON = new Option('J', "json", null, "print JSON");
    static final Option LIST = new Option('l', "list", null, "no tree of processes");
    static final Option NO_HEADINGS = new Option('n', "noheadings", null, "no line of headings");
    static final Option OUTPUT = new Option('o', "output", "COLUMNS", "these columns, or +COLUMNS: these as well");
    static final Option LIST_COLUMNS = new Option('H', "list-columns", null, "list the columns that there are");
    static final Option OUTPUT_ALL = new Option('\0', "output-all", null, "all columns of lsns(8)");
    static final Option PERSISTENT = new Option('P', "persistent", null, "only those that no process is in");
    static final Option TASK = new Option('p', "task", "PID", "only those that this process is in");
    static final Option FILTER = new Option('Q', "filter", "EXPRESSION", "only those for which an expression is true");
    static final Option RAW = new Option('r', "raw", null, "columns with one space between them");
    static final Option NO_TRUNCATE = new Option('u', "notruncate", null, "cut nothing to fit the terminal");
    static final Option NO_WRAP = new Option('W', "nowrap", null, "one line for each namespace");
    static final Option TYPE = new Option('t', "type", "TYPE", "only those of this kind; may be repeated");
    static final Option TREE = new Option('T', "tree", "[KIND]", "a tree by process (the default), parent or owner");

    /** All options except --version. */
    static final List<Option> OPTIONS = List.of(
            JSON,
            LIST,
            NO_HEADINGS,
            OUTPUT,
            LIST_COLUMNS,
            OUTPUT_ALL,
            PERSISTENT,
            TASK,
            FILTER,
            RAW,
            NO_TRUNCATE,
            NO_WRAP,
            TYPE,
            TREE);

    private static final int MAX_PID = 1 << 22;

    private final Arguments arguments;

    LsnsOptions(Arguments arguments) {
        this.arguments = arguments;
    }

    /** Refuses what excludes each other. */
    void check(List<String> operands) {
        if (arguments.has(PERSISTENT) && arguments.has(TASK)) {
            throw arguments.usage("--persistent and --task exclude each other");
        }
        if (arguments.has(JSON) && arguments.has(RAW)) {
            throw arguments.usage("--json and --raw exclude each other");
        }
        if (operands.size() > 1 || !operands.isEmpty() && arguments.has(TASK)) {
            throw arguments.usage("expected at most one namespace, or --task");
        }
    }

    /** Whether a program is likely to read the list. */
    boolean isForPrograms() {
        return arguments.has(NO_HEADINGS) || arguments.has(JSON) || arguments.has(RAW);
    }

    /** The process whose namespaces are listed; 0 for all. */
    int task() {
        return arguments.number(TASK, 1, MAX_PID, 0);
    }

    /** The types to list; none for all. */
    Set<Namespace> kinds() {
        Set<Namespace> asked = EnumSet.noneOf(Namespace.class);
        for (String type : arguments.values(TYPE)) {
            Namespace found = null;
            for (Namespace kind : Namespace.values()) {
                found = kind.label().equals(type) ? kind : found;
            }
            if (found == null) {
                throw arguments.usage("unknown namespace type: " + type);
            }
            asked.add(found);
        }
        return asked;
    }

    /** @param standardColumns those without an option */
    List<LsnsColumn> columns(List<LsnsColumn> standardColumns) {
        String text = arguments.value(OUTPUT);
        List<LsnsColumn> columns = new ArrayList<>();
        if (arguments.has(OUTPUT_ALL) && (text == null || text.startsWith("+"))) {
            for (LsnsColumn column : LsnsColumn.values()) {
                if (column.isStandard()) {
                    columns.add(column);
                }
            }
        }
        if (columns.isEmpty() && (text == null || text.startsWith("+"))) {
            columns.addAll(standardColumns);
        }
        if (text == null) {
            return columns;
        }
        for (String word : (text.startsWith("+") ? text.substring(1) : text).split(",", -1)) {
            LsnsColumn column = LsnsColumn.find(word);
            if (column == null) {
                throw arguments.usage("unknown column: " + word);
            }
            columns.add(column);
        }
        return columns;
    }

    /** Returns {@code process}, {@code parent}, {@code owner}, or nothing for a list. */
    String tree() {
        String tree = arguments.value(TREE);
        if (tree == null) {
            boolean list = arguments.has(LIST) || arguments.has(OUTPUT_ALL) || arguments.has(PERSISTENT);
            return list ? "" : "process";
        }
        return switch (tree) {
            case "", "owner" -> "owner";
            case "parent", "process" -> tree;
            default -> throw arguments.usage("unknown tree type: " + tree);
        };
    }
}
