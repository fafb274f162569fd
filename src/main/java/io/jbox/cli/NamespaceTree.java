package io.jbox.cli;

import io.jbox.ns.NamespaceEntry;
import io.jbox.ns.NamespaceTable;
import io.jbox.ns.ProcessEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rows of a listing of namespaces or processes, each below the one that it belongs to. */
final class NamespaceTree {
    private final NamespaceTable table;
    private final LsnsColumn.Context context;
    private final List<LsnsColumn> columns;
    private final String tree;
    private final Listing listing;
    private final Map<ProcessEntry, Listing.Row> byProcess = new HashMap<>();
    private final Map<Long, Listing.Row> byNamespace = new HashMap<>();

    /**
     * @param tree {@code process}, {@code parent}, {@code owner}, or nothing for a list
     * @param drawn the number of the column with the tree, if it is aligned to the left for that; else -1
     */
    NamespaceTree(LsnsColumn.Context context, List<LsnsColumn> columns, String tree, int drawn) {
        this.table = context.table();
        this.context = context;
        this.columns = columns;
        this.tree = tree;
        this.listing = listing(columns, drawn);
    }

    Listing listing() {
        return listing;
    }

    private static Listing listing(List<LsnsColumn> columns, int drawn) {
        List<Listing.Heading> headings = new ArrayList<>();
        for (LsnsColumn column : columns) {
            headings.add(headings.size() == drawn ? column.heading().left() : column.heading());
        }
        return new Listing(headings);
    }

    /** Adds a namespace, and those above it. */
    Listing.Row add(NamespaceEntry namespace) {
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
            Listing.Row ofOwner = owner == null ? null : add(owner);
            parent = tree.equals("owner") ? ofOwner : above == null ? null : add(above);
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

    /** Adds a process of a namespace, and those above it. */
    Listing.Row add(ProcessEntry process, NamespaceEntry namespace) {
        Listing.Row known = byProcess.get(process);
        if (known != null) {
            return known;
        }
        ProcessEntry above = !tree.isEmpty() ? table.process(process.ppid()) : null;
        boolean inside = above != null && above.namespace(namespace.kind()) == namespace.id();
        Listing.Row parent = above != null && inside ? add(above, namespace) : null;
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
}
