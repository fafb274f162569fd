package io.jbox.ns;

import io.jbox.config.Namespace;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Ioctl;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.OwnProcess;
import io.jbox.kernel.PathCalls;
import io.jbox.kernel.Pidfd;
import io.jbox.number.Pid;
import io.jbox.uapi.Constants;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the namespaces that are mounted somewhere, that a process has open, or that it will put its children into. */
final class PersistentNamespaces {
    private static final String CHILDREN = "_for_children";

    /** The time limit for all descriptors of all processes, since any user can have very many. */
    private static final long MOST_NANOS = 1_000_000_000;
    /** The limit for one process. */
    private static final int MOST_DESCRIPTORS = 4096;

    private final Kernel kernel;
    private final NamespaceTable table;
    private final List<ProcessEntry> processes;
    private final long deadline = System.nanoTime() + MOST_NANOS;
    private int skipped;
    /** The device of the kernel's namespace file system. */
    private long device = -1;

    PersistentNamespaces(Kernel kernel, NamespaceTable table, List<ProcessEntry> processes) {
        this.kernel = kernel;
        this.table = table;
        this.processes = processes;
    }

    /** Returns the number of processes of which not every descriptor was read. */
    int add() {
        addMounted("/proc/self/mountinfo", "");
        FileStatus own = FileStatus.of(kernel, "/proc/self/ns/mnt");
        device = own == null ? -1 : own.device();
        for (NamespaceEntry entry : table.namespaces()) {
            ProcessEntry first = entry.first();
            if (entry.kind() == Namespace.MNT && first != null && (own == null || own.inode() != entry.id())) {
                String folder = "/proc/" + first.pid();
                addMounted(folder + "/mountinfo", folder + "/root");
            }
        }
        int self = OwnProcess.pid(kernel).number();
        for (ProcessEntry process : processes) {
            if (process.pid() != self) {
                addOpen(process);
            }
        }
        return skipped;
    }

    private void addMounted(String mountinfo, String root) {
        for (NamespaceMount mount : NamespaceMount.read(mountinfo)) {
            NamespaceEntry entry = table.entry(mount.id(), mount.kind());
            entry.path(root + mount.point());
            if (root.isEmpty()) {
                entry.holder("mount " + mount.point());
            } else {
                entry.mountedElsewhere(mount.point());
            }
        }
    }

    private void addOpen(ProcessEntry process) {
        String folder = "/proc/" + process.pid() + "/";
        String whose = " of process " + process.pid() + " (" + process.name() + ")";
        Fd pidfd = null;
        try {
            for (String descriptor : descriptors(folder)) {
                String file = folder + "fd/" + descriptor;
                if (addLink(file, "descriptor " + descriptor + whose)) {
                    pidfd = pidfd == null ? Pidfd.find(kernel, new Pid(process.pid())) : pidfd;
                    addNetworkOfSocket(pidfd, Integer.parseInt(descriptor), "socket " + descriptor + whose);
                }
                if (System.nanoTime() - deadline > 0) {
                    skipped++;
                    break;
                }
            }
        } finally {
            if (pidfd != null) {
                pidfd.close();
            }
        }
        for (String name : List.of("pid" + CHILDREN, "time" + CHILDREN)) {
            addLink(folder + "ns/" + name, "children" + whose);
        }
    }

    private List<String> descriptors(String folder) {
        List<String> descriptors = new ArrayList<>();
        if (System.nanoTime() - deadline > 0) {
            skipped++;
            return descriptors;
        }
        try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of(folder + "fd"))) {
            for (Path descriptor : all) {
                if (descriptors.size() >= MOST_DESCRIPTORS) {
                    skipped++;
                    break;
                }
                descriptors.add(descriptor.getFileName().toString());
            }
        } catch (IOException | DirectoryIteratorException e) {
            return descriptors; // it has ended meanwhile, or cannot be read
        }
        return descriptors;
    }

    /** Adds the network in which a socket was made; the socket keeps it alive. */
    private void addNetworkOfSocket(@Nullable Fd pidfd, int number, String holder) {
        if (pidfd == null) {
            return;
        }
        try (Fd socket = Pidfd.descriptor(pidfd, number);
                Fd network = Ioctl.open(socket, Constants.SIOCGSKNS, 0)) {
            FileStatus status = FileStatus.of(network);
            NamespaceEntry entry = status == null ? null : table.entry(status.inode(), Namespace.NET);
            if (entry == null || !entry.processes().isEmpty()) {
                return;
            }
            boolean only = entry.path() == null && entry.hold() == null;
            entry.holder(holder);
            if (only) {
                entry.hold(network.release());
            }
        } catch (KernelException e) {
            // It was closed meanwhile, is of a kind without a network, or may not be looked at.
            return;
        }
    }

    /** Returns whether a descriptor is a socket. */
    private boolean addLink(String file, String holder) {
        String link;
        try {
            link = Files.readSymbolicLink(Path.of(file)).toString();
        } catch (IOException e) {
            // It was closed meanwhile, or cannot be read.
            return false;
        }
        if (link.startsWith("socket:[")) {
            return true;
        }
        long id = 0;
        Namespace kind = NamespaceMount.kind(link);
        if (kind != null) {
            id = ProcessScan.id(link.getBytes(StandardCharsets.ISO_8859_1));
        } else if (link.startsWith("/") && !link.startsWith("/dev/")) {
            // A descriptor opened at the mount point has that name.
            FileStatus status = FileStatus.of(kernel, file);
            id = status != null && status.device() == device ? status.inode() : 0;
            kind = id == 0 ? null : kind(file, id);
        }
        if (kind == null) {
            return false;
        }
        NamespaceEntry entry = table.entry(id, kind);
        if (!file.endsWith(CHILDREN) || entry.processes().isEmpty()) {
            entry.path(file);
            entry.holder(holder);
        }
        return false;
    }

    private @Nullable Namespace kind(String file, long id) {
        NamespaceEntry known = table.namespace(id);
        if (known != null) {
            return known.kind();
        }
        long flag;
        try (Fd namespace = PathCalls.open(kernel, file, Target.TO_READ)) {
            flag = Ioctl.ask(namespace, Constants.NS_GET_NSTYPE);
        } catch (KernelException e) {
            return null;
        }
        for (Namespace kind : Namespace.values()) {
            if (kind.flag().value(kernel.processor()) == flag) {
                return kind;
            }
        }
        return null;
    }
}
