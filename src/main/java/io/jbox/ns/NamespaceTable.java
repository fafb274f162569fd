package io.jbox.ns;

import io.jbox.config.Namespace;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Ioctl;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.kernel.PathCalls;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Constants;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
        return hidden > 0 && !OwnProcess.isRoot(kernel) ? hidden : 0;
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
                if (entry.kind() == Namespace.NET) {
                    try (Fd file = open(entry)) {
                        if (file != null) {
                            entry.networkId(network.namespaceId(file.number()));
                        }
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
            try (Fd file = find(entry.path())) {
                if (file != null) {
                    relate(entry, file);
                }
            }
        }
    }

    private void relate(NamespaceEntry entry, Fd file) {
        entry.owner(relative(entry, file, Constants.NS_GET_USERNS, Namespace.USER));
        if (entry.kind() == Namespace.USER && entry.processes().isEmpty()) {
            entry.ownerUid(ownerUid(file));
        }
        if (entry.kind() == Namespace.PID || entry.kind() == Namespace.USER) {
            entry.parent(relative(entry, file, Constants.NS_GET_PARENT, entry.kind()));
        }
    }

    private static long ownerUid(Fd file) {
        byte[] uid = new byte[Integer.BYTES];
        try {
            Ioctl.exchange(file, Constants.NS_GET_OWNER_UID, uid);
        } catch (KernelException e) {
            return 0;
        }
        return Integer.toUnsignedLong(
                ByteBuffer.wrap(uid).order(ByteOrder.LITTLE_ENDIAN).getInt());
    }

    private long relative(NamespaceEntry entry, Fd file, int request, Namespace kind) {
        try (Fd found = Ioctl.open(file, request, 0)) {
            FileStatus status = FileStatus.of(found);
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
            return id;
        } catch (KernelException e) {
            // There is none, or it is outside of what this process may see.
            return 0;
        }
    }

    /** Adds the namespaces without processes, and finds what keeps each alive. */
    public void addPersistent() {
        skipped = new PersistentNamespaces(kernel, this, processes).add();
        addsRelatives = true;
        for (NamespaceEntry entry : namespaces()) {
            if (entry.processes().isEmpty()) {
                try (Fd file = open(entry)) {
                    if (file != null) {
                        relate(entry, file);
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

    /** To be closed, which leaves a descriptor that the entry holds open. */
    private @Nullable Fd open(NamespaceEntry entry) {
        Fd hold = entry.hold();
        return hold == null ? find(entry.path()) : Fd.borrowed(kernel, hold.number());
    }

    private @Nullable Fd find(@Nullable String path) {
        return path == null ? null : PathCalls.find(kernel, path, Target.TO_READ);
    }
}
