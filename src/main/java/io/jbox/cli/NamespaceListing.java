package io.jbox.cli;

import io.jbox.config.Namespace;
import io.jbox.json.Json;
import io.jbox.ns.NamespaceEntry;
import io.jbox.ns.NamespaceTable;
import io.jbox.ns.ProcessEntry;
import io.jbox.ns.UserNames;
import io.jbox.problem.JboxException;
import io.jbox.terminal.Terminal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One list of namespaces, or of the processes of one, as its options ask for it. */
final class NamespaceListing {
    /** The columns of lsns(8). */
    static final List<LsnsColumn> STANDARD = List.of(
            LsnsColumn.NS, LsnsColumn.TYPE, LsnsColumn.NPROCS, LsnsColumn.PID, LsnsColumn.USER, LsnsColumn.COMMAND);

    private static final List<LsnsColumn> STANDARD_NET = List.of(
            LsnsColumn.NS,
            LsnsColumn.TYPE,
            LsnsColumn.NPROCS,
            LsnsColumn.PID,
            LsnsColumn.USER,
            LsnsColumn.NETNSID,
            LsnsColumn.NSFS,
            LsnsColumn.COMMAND);
    private static final List<LsnsColumn> STANDARD_PROCESS =
            List.of(LsnsColumn.PID, LsnsColumn.PPID, LsnsColumn.USER, LsnsColumn.COMMAND);

    private final Arguments arguments;
    private final LsnsOptions options;
    private final Surroundings surroundings;
    private final NamespaceTable table;
    private final Supplier<Map<Integer, String>> boxes;
    private LsnsColumn.Context context;
    private final Set<Namespace> kinds;
    private final List<LsnsColumn> standard;

    /**
     * @param standard the default columns
     * @param boxes names by the pid of the first process; requested only if a column needs them
     */
    NamespaceListing(
            Arguments arguments,
            Surroundings surroundings,
            List<LsnsColumn> standard,
            Supplier<Map<Integer, String>> boxes) {
        this.arguments = arguments;
        this.options = new LsnsOptions(arguments);
        this.surroundings = surroundings;
        this.standard = standard;
        this.kinds = options.kinds();
        this.table = new NamespaceTable();
        this.boxes = boxes;
        this.context = context(Map.of());
    }

    private LsnsColumn.Context context(Map<Integer, String> known) {
        boolean wraps = !arguments.has(LsnsOptions.NO_WRAP) && !arguments.has(LsnsOptions.RAW);
        return new LsnsColumn.Context(table, known, UserNames.users(), wraps ? "\n" : ",");
    }

    /** Prints it; returns the exit code. */
    int print(List<String> operands) {
        if (arguments.has(LsnsOptions.LIST_COLUMNS)) {
            listColumns();
            return 0;
        }
        options.check(operands);
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
        boolean forPrograms = options.isForPrograms();
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

    private void listColumns() {
        if (arguments.has(LsnsOptions.JSON)) {
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
            surroundings.out().println(name + (column.isNumber() ? "  <integer>  " : "  <string>   ") + column.about());
        }
    }

    private void listNamespaces() {
        String tree = options.tree();
        boolean net = standard.equals(STANDARD) && kinds.contains(Namespace.NET);
        List<LsnsColumn> columns = options.columns(net ? STANDARD_NET : standard);
        String expression = arguments.value(LsnsOptions.FILTER);
        RowFilter filter = expression == null ? null : new RowFilterParser(expression, arguments).parse();
        List<LsnsColumn> needed = new ArrayList<>(columns);
        needed.addAll(filter == null ? List.of() : filter.columns());
        learn(needed, tree);
        boolean byCommand = tree.equals("process");
        int drawn = tree.isEmpty() ? -1 : columns.indexOf(byCommand ? LsnsColumn.COMMAND : LsnsColumn.NS);
        if (byCommand && drawn < 0) {
            tree = "";
        }
        NamespaceTree rows = new NamespaceTree(context, columns, tree, byCommand ? -1 : drawn);
        int pid = options.task();
        ProcessEntry task = pid == 0 ? null : table.process(pid);
        for (NamespaceEntry namespace : table.namespaces()) {
            boolean wanted = (kinds.isEmpty() || kinds.contains(namespace.kind()))
                    && (pid == 0 || task != null && task.namespace(namespace.kind()) == namespace.id())
                    && (!arguments.has(LsnsOptions.PERSISTENT)
                            || namespace.processes().isEmpty())
                    && (filter == null || filter.accepts(new NamespaceCells(namespace, context)));
            if (wanted) {
                rows.add(namespace);
            }
        }
        print(rows.listing(), drawn);
    }

    private void learn(List<LsnsColumn> columns, String tree) {
        boolean family = tree.equals("owner") || tree.equals("parent");
        // Those have no processes, so none can belong to a task.
        if (!arguments.has(LsnsOptions.TASK) || columns.contains(LsnsColumn.HELD)) {
            table.addPersistent();
        }
        // Namespaces with only child namespaces are listed if requested.
        boolean adds = family || arguments.has(LsnsOptions.PERSISTENT) || columns.contains(LsnsColumn.HELD);
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

    private void listProcesses(String operand) {
        if (arguments.has(LsnsOptions.FILTER)) {
            throw arguments.usage("--filter is for namespaces: it cannot be used with the processes of one");
        }
        List<LsnsColumn> columns = options.columns(STANDARD_PROCESS);
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
        boolean flat = arguments.has(LsnsOptions.LIST) || arguments.has(LsnsOptions.TREE);
        int drawn = flat ? -1 : columns.indexOf(LsnsColumn.COMMAND);
        NamespaceTree rows = new NamespaceTree(context, columns, drawn >= 0 ? "process" : "", -1);
        for (ProcessEntry process : namespace.processes()) {
            rows.add(process, namespace);
        }
        print(rows.listing(), drawn);
    }

    private void print(Listing listing, int tree) {
        if (arguments.has(LsnsOptions.JSON)) {
            surroundings.out().print(listing.json("namespaces"));
        } else if (!listing.isEmpty()) {
            int width = arguments.has(LsnsOptions.NO_TRUNCATE)
                    ? 0
                    : Terminal.ofOutput().columns();
            surroundings
                    .out()
                    .print(listing.text(new Listing.Style(
                            !arguments.has(LsnsOptions.NO_HEADINGS),
                            arguments.has(LsnsOptions.RAW),
                            tree,
                            unicode(),
                            width)));
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

    private record NamespaceCells(NamespaceEntry namespace, LsnsColumn.Context context) implements RowFilter.Cells {
        @Override
        public @Nullable String cell(LsnsColumn column) {
            return column.of(namespace, context);
        }
    }
}
