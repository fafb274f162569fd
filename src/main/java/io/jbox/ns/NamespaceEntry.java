package io.jbox.ns;

import io.jbox.config.Namespace;
import io.jbox.kernel.Fd;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A namespace, with the facts read so far. */
public final class NamespaceEntry {
    /** The netnsid of a network namespace without an id here. */
    public static final int UNASSIGNED = -1;

    private final long id;
    private final Namespace kind;
    private final List<ProcessEntry> processes = new ArrayList<>();
    private final List<String> mounts = new ArrayList<>();
    private final List<String> holders = new ArrayList<>();
    /** The number of other mount namespaces in which it is mounted, by file. */
    private final Map<String, Integer> mountsElsewhere = new TreeMap<>();

    private @Nullable String path;
    private long parent;
    private long owner;
    private long ownerUid;
    private int networkId = UNASSIGNED;
    private @Nullable Fd hold;

    NamespaceEntry(long id, Namespace kind) {
        this.id = id;
        this.kind = kind;
    }

    /** Its inode in the kernel's namespace file system (namespaces(7)); unique among all types. */
    public long id() {
        return id;
    }

    public Namespace kind() {
        return kind;
    }

    /** The processes in it, by pid. */
    public List<ProcessEntry> processes() {
        return processes;
    }

    /** The process shown for it, which has the lowest pid, or null. */
    public @Nullable ProcessEntry first() {
        return processes.isEmpty() ? null : processes.get(0);
    }

    /** A file that leads to it, or null. */
    public @Nullable String path() {
        ProcessEntry first = first();
        return first == null ? path : pathOf(first);
    }

    /** The file of one of its processes that leads to it. */
    public String pathOf(ProcessEntry process) {
        return "/proc/" + process.pid() + "/ns/" + kind.label();
    }

    /** The parent of a PID or user namespace; 0 if it has none, or a hidden one. */
    public long parent() {
        return parent;
    }

    /** The user namespace that owns it; 0 if hidden. */
    public long owner() {
        return owner;
    }

    /** The user who made a user namespace without processes; 0 for all others. */
    public long ownerUid() {
        return ownerUid;
    }

    void ownerUid(long uid) {
        this.ownerUid = uid;
    }

    /** Our network namespace's id of it, or {@link #UNASSIGNED}. */
    public int networkId() {
        return networkId;
    }

    /** Its mount points in our mount namespace. */
    public List<String> mounts() {
        return mounts;
    }

    /** What keeps it alive besides processes: mounts, descriptors and child namespaces. */
    public List<String> holders() {
        List<String> all = new ArrayList<>(holders);
        for (Map.Entry<String, Integer> mount : mountsElsewhere.entrySet()) {
            int times = mount.getValue();
            all.add("mount " + mount.getKey() + " in "
                    + (times == 1 ? "another mount namespace" : times + " other mount namespaces"));
        }
        return all;
    }

    /** A descriptor of it if no file leads to it; null for none. */
    @Nullable
    Fd hold() {
        return hold;
    }

    void hold(Fd descriptor) {
        this.hold = descriptor;
    }

    void add(ProcessEntry process) {
        processes.add(process);
    }

    void path(String file) {
        if (path == null) {
            path = file;
        }
    }

    void parent(long namespace) {
        this.parent = namespace;
    }

    void owner(long namespace) {
        this.owner = namespace;
    }

    void networkId(int number) {
        this.networkId = number;
    }

    void mountedElsewhere(String file) {
        mountsElsewhere.merge(file, 1, Integer::sum);
    }

    void holder(String text) {
        if (!holders.contains(text)) {
            holders.add(text);
        }
    }
}
