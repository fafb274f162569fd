package io.jbox.ns;

import io.jbox.config.Namespace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A namespace, and what is known about it so far. */
public final class NamespaceEntry {
    /** The netnsid of a network namespace that has none here. */
    public static final int UNASSIGNED = -1;

    private final long id;
    private final Namespace kind;
    private final List<ProcessEntry> processes = new ArrayList<>();
    private final List<String> mounts = new ArrayList<>();
    private final List<String> holders = new ArrayList<>();
    /** In how many other mount namespaces it is mounted, by the file. */
    private final Map<String, Integer> mountsElsewhere = new TreeMap<>();

    private @Nullable String path;
    private long parent;
    private long owner;
    private long ownerUid;
    private int networkId = UNASSIGNED;
    private int hold = -1;

    NamespaceEntry(long id, Namespace kind) {
        this.id = id;
        this.kind = kind;
    }

    /** Its inode in the kernel's file system for namespaces (namespaces(7)); unique among those of all kinds. */
    public long id() {
        return id;
    }

    public Namespace kind() {
        return kind;
    }

    /** Those that are in it, by pid. */
    public List<ProcessEntry> processes() {
        return processes;
    }

    /** The process that stands for it: the one with the lowest pid, or null. */
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

    /** The one that a PID or user namespace is in; 0 for none, or one that is hidden from us. */
    public long parent() {
        return parent;
    }

    /** The user namespace that it belongs to; 0 if that is hidden from us. */
    public long owner() {
        return owner;
    }

    /** The user that has made it, of a user namespace that no process is in; 0 of all others. */
    public long ownerUid() {
        return ownerUid;
    }

    void ownerUid(long uid) {
        this.ownerUid = uid;
    }

    /** By which our network namespace knows it, or {@link #UNASSIGNED}. */
    public int networkId() {
        return networkId;
    }

    /** Where it is mounted in our mount namespace. */
    public List<String> mounts() {
        return mounts;
    }

    /** What else than a process in it keeps it alive: mounts, descriptors and namespaces below it. */
    public List<String> holders() {
        List<String> all = new ArrayList<>(holders);
        for (Map.Entry<String, Integer> mount : mountsElsewhere.entrySet()) {
            int times = mount.getValue();
            all.add("mount " + mount.getKey() + " in "
                    + (times == 1 ? "another mount namespace" : times + " other mount namespaces"));
        }
        return all;
    }

    /** A descriptor of ours that leads to it where no file does; -1 for none. */
    int hold() {
        return hold;
    }

    void hold(int descriptor) {
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
