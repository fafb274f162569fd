package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.config.Namespace;
import io.jbox.json.Json;
import io.jbox.life.BoxInfo;
import io.jbox.ns.NamespaceEntry;
import io.jbox.ns.NamespaceTable;
import io.jbox.ns.ProcessEntry;
import io.jbox.ns.UserNames;
import io.jbox.problem.JboxException;
import io.jbox.terminal.Terminal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code jbox lsns}: lists namespaces like lsns(8). */
final class LsnsCommand implements Command {
    private static final int MAX_PID = 1 << 22;

    private static final Option JSON = new Option('J', "json", null, "print JSON");
    private static final Option LIST = new Option('l', "list", null, "no tree of processes");
    private static final Option NO_HEADINGS = new Option('n', "noheadings", null, "no line of headings");
    private static final Option OUTPUT =
            new Option('o', "output", "COLUMNS", "these columns, or +COLUMNS: these as well");
    private static final Option LIST_COLUMNS = new Option('H', "list-columns", null, "list the columns that there are");
    private static final Option OUTPUT_ALL = new Option('\0', "output-all", null, "all columns of lsns(8)");
    private static final Option PERSISTENT = new Option('P', "persistent", null, "only those that no process is in");
    private static final Option TASK = new Option('p', "task", "PID", "only those that this process is in");
    private static final Option FILTER =
            new Option('Q', "filter", "EXPRESSION", "only those for which an expression is true");
    private static final Option RAW = new Option('r', "raw", null, "columns with one space between them");
    private static final Option NO_TRUNCATE = new Option('u', "notruncate", null, "cut nothing to fit the terminal");
    private static final Option NO_WRAP = new Option('W', "nowrap", null, "one line for each namespace");
    private static final Option TYPE = new Option('t', "type", "TYPE", "only those of this kind; may be repeated");
    private static final Option TREE =
            new Option('T', "tree", "[KIND]", "a tree by process (the default), parent or owner");

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

    private static final List<LsnsColumn> DEFAULT = List.of(
            LsnsColumn.NS, LsnsColumn.TYPE, LsnsColumn.NPROCS, LsnsColumn.PID, LsnsColumn.USER, LsnsColumn.COMMAND);
    private static final List<LsnsColumn> DEFAULT_NET = List.of(
            LsnsColumn.NS,
            LsnsColumn.TYPE,
            LsnsColumn.NPROCS,
            LsnsColumn.PID,
            LsnsColumn.USER,
            LsnsColumn.NETNSID,
            LsnsColumn.NSFS,
            LsnsColumn.COMMAND);
    private static final List<LsnsColumn> DEFAULT_PROCESS =
            List.of(LsnsColumn.PID, LsnsColumn.PPID, LsnsColumn.USER, LsnsColumn.COMMAND);

    @Override
    public CommandSpec spec() {
        List<Option> options = new ArrayList<>(OPTIONS);
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
        return new Run(arguments, surroundings, DEFAULT, () -> boxes(surroundings, arguments))
                .run(arguments.operands());
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

    /** One call of the command. */
    static final class Run {
        private final Arguments arguments;
        private final Surroundings surroundings;
        private final NamespaceTable table;
        private final Supplier<Map<Integer, String>> boxes;
        private LsnsColumn.Context context;
        private final Set<Namespace> kinds;
        private final List<LsnsColumn> standard;
        private final Map<ProcessEntry, Listing.Row> byProcess = new HashMap<>();
        private final Map<Long, Listing.Row> byNamespace = new HashMap<>();

        /**
         * @param standard the default columns
         * @param boxes names by the pid of the first process; requested only if a column needs them
         */
        Run(
                Arguments arguments,
                Surroundings surroundings,
                List<LsnsColumn> standard,
                Supplier<Map<Integer, String>> boxes) {
            this.arguments = arguments;
            this.surroundings = surroundings;
            this.standard = standard;
            this.kinds = kinds();
            this.table = new NamespaceTable();
            this.boxes = boxes;
            this.context = context(Map.of());
        }

        private LsnsColumn.Context context(Map<Integer, String> known) {
            boolean wraps = !arguments.has(NO_WRAP) && !arguments.has(RAW);
            return new LsnsColumn.Context(table, known, UserNames.users(), wraps ? "\n" : ",");
        }

        int run(List<String> operands) {
            if (arguments.has(LIST_COLUMNS)) {
                listColumns();
                return 0;
            }
            if (arguments.has(PERSISTENT) && arguments.has(TASK)) {
                throw arguments.usage("--persistent and --task exclude each other");
            }
            if (arguments.has(JSON) && arguments.has(RAW)) {
                throw arguments.usage("--json and --raw exclude each other");
            }
            if (operands.size() > 1 || !operands.isEmpty() && arguments.has(TASK)) {
                throw arguments.usage("expected at most one namespace, or --task");
            }
            if (operands.isEmpty()) {
                listNamespaces();
                tellOfHidden();
            } else {
                listProcesses(operands.get(0));
            }
            surroundings.out().flush();
            return 0;
        }

        /** Tells that an unprivileged user's list is incomplete, unless a program reads it. */
        private void tellOfHidden() {
            boolean forPrograms = arguments.has(NO_HEADINGS) || arguments.has(JSON) || arguments.has(RAW);
            int skipped = table.skippedProcesses();
            if (skipped > 0 && !forPrograms) {
                new StandardError(surroundings.err())
                        .tell(skipped + " processes have too many open files to read all:"
                                + " namespaces kept only by those files may be missing");
            }
            int hidden = table.hiddenProcesses();
            if (hidden > 0 && !forPrograms) {
                surroundings.out().flush();
                new StandardError(surroundings.err())
                        .tell(hidden + " processes of other users are not listed; root sees them all");
            }
        }

        private Set<Namespace> kinds() {
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

        private void listColumns() {
            if (arguments.has(JSON)) {
                List<Object> columns = new ArrayList<>();
                for (LsnsColumn column : LsnsColumn.values()) {
                    Map<String, Object> entry = new LinkedHashMap<>();
                    entry.put("holder", column.name());
                    entry.put("type", column.isNumber() ? "<integer>" : "<string>");
                    entry.put("description", column.about());
                    columns.add(entry);
                }
                surroundings.out().println(Json.write(Map.of("lsns-columns", columns)));
                return;
            }
            for (LsnsColumn column : LsnsColumn.values()) {
                String name = " ".repeat(Math.max(0, 8 - column.name().length())) + column.name();
                surroundings
                        .out()
                        .println(name + (column.isNumber() ? "  <integer>  " : "  <string>   ") + column.about());
            }
        }

        private List<LsnsColumn> columns(List<LsnsColumn> standardColumns) {
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

        private void listNamespaces() {
            String tree = tree();
            boolean net = standard.equals(DEFAULT) && kinds.contains(Namespace.NET);
            List<LsnsColumn> columns = columns(net ? DEFAULT_NET : standard);
            String expression = arguments.value(FILTER);
            RowFilter filter = expression == null ? null : RowFilter.parse(expression, arguments);
            List<LsnsColumn> needed = new ArrayList<>(columns);
            needed.addAll(filter == null ? List.of() : filter.columns());
            learn(needed, tree);
            boolean byCommand = tree.equals("process");
            int drawn = tree.isEmpty() ? -1 : columns.indexOf(byCommand ? LsnsColumn.COMMAND : LsnsColumn.NS);
            if (byCommand && drawn < 0) {
                tree = "";
            }
            Listing listing = listing(columns, byCommand ? -1 : drawn);
            int pid = arguments.number(TASK, 1, MAX_PID, 0);
            ProcessEntry task = pid == 0 ? null : table.process(pid);
            for (NamespaceEntry namespace : table.namespaces()) {
                boolean wanted = (kinds.isEmpty() || kinds.contains(namespace.kind()))
                        && (pid == 0 || task != null && task.namespace(namespace.kind()) == namespace.id())
                        && (!arguments.has(PERSISTENT) || namespace.processes().isEmpty())
                        && (filter == null || filter.accepts(new NamespaceCells(namespace, context)));
                if (wanted) {
                    add(namespace, listing, columns, tree);
                }
            }
            print(listing, drawn);
        }

        /** Returns {@code process}, {@code parent}, {@code owner}, or nothing for a list. */
        private String tree() {
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

        private void learn(List<LsnsColumn> columns, String tree) {
            boolean family = tree.equals("owner") || tree.equals("parent");
            // Those have no processes, so none can belong to a task.
            if (!arguments.has(TASK) || columns.contains(LsnsColumn.HELD)) {
                table.addPersistent();
            }
            // Namespaces with only child namespaces are listed if requested.
            boolean adds = family || arguments.has(PERSISTENT) || columns.contains(LsnsColumn.HELD);
            if (adds || columns.contains(LsnsColumn.PNS) || columns.contains(LsnsColumn.ONS)) {
                table.readRelations(adds);
            }
            if (columns.contains(LsnsColumn.NSFS)) {
                table.readMounts();
            }
            if (columns.contains(LsnsColumn.NETNSID)) {
                table.readNetworkIds();
            }
            if (columns.contains(LsnsColumn.BOX)) {
                context = context(boxes.get());
            }
        }

        private Listing.Row add(NamespaceEntry namespace, Listing listing, List<LsnsColumn> columns, String tree) {
            Listing.Row known = byNamespace.get(namespace.id());
            if (known != null) {
                return known;
            }
            ProcessEntry first = namespace.first();
            Listing.Row parent = null;
            if (tree.equals("process")) {
                ProcessEntry above = first == null ? null : table.process(first.ppid());
                parent = above == null ? null : byProcess.get(above);
            } else if (!tree.isEmpty()) {
                NamespaceEntry owner = table.namespace(namespace.owner());
                NamespaceEntry above = table.namespace(namespace.parent());
                Listing.Row ofOwner = owner == null ? null : add(owner, listing, columns, tree);
                parent = tree.equals("owner") ? ofOwner : above == null ? null : add(above, listing, columns, tree);
            }
            List<@Nullable String> cells = new ArrayList<>();
            for (LsnsColumn column : columns) {
                cells.add(column.of(namespace, context));
            }
            Listing.Row row = listing.add(parent, cells);
            byNamespace.put(namespace.id(), row);
            if (first != null) {
                byProcess.put(first, row);
            }
            return row;
        }

        private void listProcesses(String operand) {
            if (arguments.has(FILTER)) {
                throw arguments.usage("--filter is for namespaces: it cannot be used with the processes of one");
            }
            List<LsnsColumn> columns = columns(DEFAULT_PROCESS);
            learn(columns, "");
            NamespaceEntry namespace;
            try {
                namespace = table.namespace(Long.parseLong(operand));
            } catch (NumberFormatException e) {
                throw arguments.usage("invalid namespace argument: '" + operand + "'");
            }
            if (namespace == null || !kinds.isEmpty() && !kinds.contains(namespace.kind())) {
                throw new JboxException("lsns: not found namespace: " + operand);
            }
            boolean flat = arguments.has(LIST) || arguments.has(TREE);
            int drawn = flat ? -1 : columns.indexOf(LsnsColumn.COMMAND);
            Listing listing = listing(columns, -1);
            for (ProcessEntry process : namespace.processes()) {
                add(process, namespace, listing, columns, drawn >= 0);
            }
            print(listing, drawn);
        }

        private Listing.Row add(
                ProcessEntry process,
                NamespaceEntry namespace,
                Listing listing,
                List<LsnsColumn> columns,
                boolean tree) {
            Listing.Row known = byProcess.get(process);
            if (known != null) {
                return known;
            }
            ProcessEntry above = tree ? table.process(process.ppid()) : null;
            boolean inside = above != null && above.namespace(namespace.kind()) == namespace.id();
            Listing.Row parent = above != null && inside ? add(above, namespace, listing, columns, true) : null;
            List<@Nullable String> cells = new ArrayList<>();
            for (LsnsColumn column : columns) {
                String cell = column.of(process, context);
                cells.add(
                        column == LsnsColumn.PATH
                                ? namespace.pathOf(process)
                                : cell == null ? column.of(namespace, context) : cell);
            }
            Listing.Row row = listing.add(parent, cells);
            byProcess.put(process, row);
            return row;
        }

        private static Listing listing(List<LsnsColumn> columns, int drawn) {
            List<Listing.Heading> headings = new ArrayList<>();
            for (LsnsColumn column : columns) {
                headings.add(headings.size() == drawn ? column.heading().left() : column.heading());
            }
            return new Listing(headings);
        }

        private void print(Listing listing, int tree) {
            if (arguments.has(JSON)) {
                surroundings.out().print(listing.json("namespaces"));
            } else if (!listing.isEmpty()) {
                int width = arguments.has(NO_TRUNCATE) ? 0 : Terminal.ofOutput().columns();
                surroundings
                        .out()
                        .print(listing.text(new Listing.Style(
                                !arguments.has(NO_HEADINGS), arguments.has(RAW), tree, unicode(), width)));
            }
        }

        /** Whether the caller's locale, which the launcher replaces, uses UTF-8. */
        private boolean unicode() {
            for (String name : List.of("JBOX_LC_ALL", "LC_CTYPE", "LANG")) {
                String locale = surroundings.environment().get(name);
                if (locale != null && !locale.isEmpty()) {
                    return locale.toUpperCase(Locale.ROOT).replace("-", "").endsWith("UTF8");
                }
            }
            return false;
        }
    }

    private record NamespaceCells(NamespaceEntry namespace, LsnsColumn.Context context) implements RowFilter.Cells {
        @Override
        public @Nullable String cell(LsnsColumn column) {
            return column.of(namespace, context);
        }
    }
}
