package io.jbox.ns;

import io.jbox.config.Namespace;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.problem.JboxException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Collects all visible namespaces: those of all processes, and on request what else is known about them. */
public final class NamespaceTable {
    private static final Namespace[] KINDS = Namespace.values();

    private final Kernel kernel = NativeKernel.open();
    private final Map<Long, NamespaceEntry> entries = new TreeMap<>();
    private final List<ProcessEntry> processes;
    private final Map<Integer, ProcessEntry> byPid = new HashMap<>();
    private final int hidden;
    private int skipped;
    private boolean addsRelatives;

    /** Reads /proc once. */
    public NamespaceTable() {
        ProcessScan scan = new ProcessScan(kernel);
        this.processes = scan.read();
        this.hidden = scan.hidden();
        for (ProcessEntry process : processes) {
            byPid.put(process.pid(), process);
            for (Namespace kind : KINDS) {
                if (process.namespace(kind) != 0) {
                    entry(process.namespace(kind), kind).add(process);
                }
            }
        }
    }

    /** All namespaces, by id. */
    public List<NamespaceEntry> namespaces() {
        return new ArrayList<>(entries.values());
    }

    public @Nullable NamespaceEntry namespace(long id) {
        return entries.get(id);
    }

    public @Nullable ProcessEntry process(int pid) {
        return byPid.get(pid);
    }

    /** The number of processes with too many open files to read all of them. */
    public int skippedProcesses() {
        return skipped;
    }

    /** The number of processes whose namespaces cannot be read, although root could. */
    public int hiddenProcesses() {
        return hidden > 0 && kernel.call(Syscall.GETEUID) != 0 ? hidden : 0;
    }

    /** The space-separated arguments of a process; its name if it has none. */
    public static String command(ProcessEntry process) {
        try {
            byte[] bytes = Files.readAllBytes(Path.of("/proc/" + process.pid() + "/cmdline"));
            int length = bytes.length;
            while (length > 0 && bytes[length - 1] == 0) {
                length--;
            }
            for (int i = 0; i < length; i++) {
                if (bytes[i] == 0) {
                    bytes[i] = ' ';
                }
            }
            return length == 0 ? process.name() : new String(bytes, 0, length, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return process.name();
        }
    }

    /** Reads where they are mounted in our mount namespace. */
    public void readMounts() {
        for (NamespaceMount mount : NamespaceMount.read("/proc/self/mountinfo")) {
            NamespaceEntry entry = entries.get(mount.id());
            if (entry != null) {
                entry.mounts().add(mount.point());
            }
        }
    }

    /** Reads the ids of network namespaces. */
    public void readNetworkIds() {
        try (NetlinkSocket socket = NetlinkSocket.open(kernel)) {
            NetworkReader network = new NetworkReader(socket);
            for (NamespaceEntry entry : namespaces()) {
                int file = entry.kind() != Namespace.NET ? -1 : entry.hold() >= 0 ? entry.hold() : open(entry.path());
                if (file >= 0) {
                    entry.networkId(network.namespaceId(file));
                    if (file != entry.hold()) {
                        close(file);
                    }
                }
            }
        } catch (NetlinkException e) {
            throw new JboxException("the ids of network namespaces: " + e.getMessage());
        }
    }

    /**
     * Reads parents and owners.
     *
     * @param adds whether to add namespaces known only by this
     */
    public void readRelations(boolean adds) {
        addsRelatives = adds;
        for (NamespaceEntry entry : namespaces()) {
            int file = open(entry.path());
            if (file >= 0) {
                relate(entry, file);
                close(file);
            }
        }
    }

    private void relate(NamespaceEntry entry, int file) {
        entry.owner(relative(entry, file, Constants.NS_GET_USERNS, Namespace.USER));
        if (entry.kind() == Namespace.USER && entry.processes().isEmpty()) {
            entry.ownerUid(ownerUid(file));
        }
        if (entry.kind() == Namespace.PID || entry.kind() == Namespace.USER) {
            entry.parent(relative(entry, file, Constants.NS_GET_PARENT, entry.kind()));
        }
    }

    private long ownerUid(int file) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long uid = program.words(0);
            kernel.walk(program.op(Syscall.IOCTL, file, Constants.NS_GET_OWNER_UID, uid)
                    .next(0)
                    .address());
            return program.readInt(uid) & 0xffff_ffffL;
        }
    }

    private long relative(NamespaceEntry entry, int file, int request, Namespace kind) {
        int found = (int) kernel.call(Syscall.IOCTL, file, request, 0);
        if (found < 0) {
            return 0;
        }
        FileStatus status = FileStatus.of(Fd.borrowed(kernel, found));
        long id = status == null ? 0 : status.inode();
        if (addsRelatives && id != 0) {
            boolean known = entries.containsKey(id);
            NamespaceEntry relative = entry(id, kind);
            if (!known) {
                relate(relative, found);
            }
            if (relative.processes().isEmpty()) {
                relative.holder(entry.kind().label() + " namespace " + entry.id());
            }
        }
        close(found);
        return id;
    }

    /** Adds the namespaces without processes, and finds what keeps each alive. */
    public void addPersistent() {
        skipped = new PersistentNamespaces(kernel, this, processes).add();
        addsRelatives = true;
        for (NamespaceEntry entry : namespaces()) {
            if (entry.processes().isEmpty()) {
                int file = entry.hold() >= 0 ? entry.hold() : open(entry.path());
                if (file >= 0) {
                    relate(entry, file);
                    if (file != entry.hold()) {
                        close(file);
                    }
                }
            }
        }
    }

    /** The entry of an id, created if necessary. */
    NamespaceEntry entry(long id, Namespace kind) {
        NamespaceEntry entry = entries.get(id);
        if (entry == null) {
            entry = new NamespaceEntry(id, kind);
            entries.put(id, entry);
        }
        return entry;
    }

    private int open(@Nullable String path) {
        return path == null ? -1 : Target.tryOpen(kernel, path);
    }

    private void close(int file) {
        kernel.call(Syscall.CLOSE, file);
    }
}
