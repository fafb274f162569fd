package io.jbox.cli;

import io.jbox.config.Namespace;
import io.jbox.ns.NamespaceEntry;
import io.jbox.ns.NamespaceTable;
import io.jbox.ns.ProcessEntry;
import io.jbox.ns.UserNames;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The columns of lsns, in the order of --output-all, and two that only jbox has. */
enum LsnsColumn {
    NS(true, true, "id of the namespace"),
    TYPE(false, false, "mnt, pid, uts, ipc, net, cgroup, user or time"),
    PATH(false, false, "a file that leads to it"),
    NPROCS(true, true, "how many processes are in it"),
    PID(true, true, "its process with the lowest pid"),
    PPID(true, true, "the pid of that process's parent"),
    COMMAND(false, false, "the command line of that process"),
    UID(true, true, "the user id of that process"),
    USER(false, false, "the user name of that process"),
    NETNSID(true, false, "its id in our network namespace"),
    NSFS(false, false, "where it is mounted"),
    PNS(true, true, "the namespace it is in"),
    ONS(true, true, "the user namespace it belongs to"),
    BOX(false, false, "the box whose processes are in it"),
    HELD(false, false, "what else keeps it alive (with --persistent)");

    private static final int SHORT = 5;

    private final boolean right;
    private final boolean number;
    private final String about;

    LsnsColumn(boolean right, boolean number, String about) {
        this.right = right;
        this.number = number;
        this.about = about;
    }

    String about() {
        return about;
    }

    /** Whether util-linux's lsns has it. */
    boolean isStandard() {
        return this != BOX && this != HELD;
    }

    boolean isNumber() {
        return number;
    }

    Listing.Heading heading() {
        int hint = this == TYPE || this == NPROCS || this == PID || this == PPID ? SHORT : 0;
        return new Listing.Heading(
                name(), right, number, this == PATH || this == COMMAND, this == NSFS || this == HELD, hint);
    }

    /** Data for cells besides the namespace. */
    record Context(NamespaceTable table, Map<Integer, String> boxes, UserNames users, String separator) {
        /** The box of a process, or null. */
        @Nullable
        String box(ProcessEntry process) {
            ProcessEntry at = process;
            for (int depth = 0; at != null && depth < 1000; depth++) {
                String box = boxes.get(at.pid());
                if (box != null) {
                    return box;
                }
                at = table.process(at.ppid());
            }
            return null;
        }
    }

    /** The cell of a process, or null if the column does not apply to processes. */
    @Nullable
    String of(ProcessEntry process, Context context) {
        return switch (this) {
            case PID -> Integer.toString(process.pid());
            case PPID -> Integer.toString(process.ppid());
            case COMMAND -> NamespaceTable.command(process);
            case UID -> Long.toString(process.uid());
            case USER -> context.users.name(process.uid());
            case BOX -> context.box(process);
            default -> null;
        };
    }

    /** The cell of a namespace, or null. */
    @Nullable
    String of(NamespaceEntry namespace, Context context) {
        return switch (this) {
            case NS -> Long.toString(namespace.id());
            case TYPE -> namespace.kind().label();
            case PATH -> namespace.path();
            case NPROCS -> Integer.toString(namespace.processes().size());
            case NETNSID ->
                namespace.kind() != Namespace.NET
                        ? null
                        : namespace.networkId() < 0 ? "unassigned" : Integer.toString(namespace.networkId());
            case NSFS -> namespace.mounts().isEmpty() ? null : String.join(context.separator, namespace.mounts());
            case PNS -> Long.toString(namespace.parent());
            case ONS -> Long.toString(namespace.owner());
            case BOX -> boxes(namespace, context);
            case HELD -> namespace.holders().isEmpty() ? null : String.join(context.separator, namespace.holders());
            default -> {
                ProcessEntry first = namespace.first();
                // As in lsns, a namespace without processes shows its owner.
                String owner = this == UID
                        ? Long.toString(namespace.ownerUid())
                        : this == USER ? context.users.name(namespace.ownerUid()) : null;
                yield first == null ? owner : of(first, context);
            }
        };
    }

    /** The boxes of all its processes; null if there are other processes as well. */
    private static @Nullable String boxes(NamespaceEntry namespace, Context context) {
        Set<String> boxes = new TreeSet<>();
        for (ProcessEntry process : namespace.processes()) {
            String box = context.box(process);
            if (box == null) {
                return null;
            }
            boxes.add(box);
        }
        return boxes.isEmpty() ? null : String.join(",", boxes);
    }

    /** Finds a column by its name in any case, or null. */
    static @Nullable LsnsColumn find(String name) {
        for (LsnsColumn column : values()) {
            if (column.name().equalsIgnoreCase(name)) {
                return column;
            }
        }
        return null;
    }
}
