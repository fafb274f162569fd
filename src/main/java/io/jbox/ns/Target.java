package io.jbox.ns;

import io.jbox.config.Namespace;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;
import io.jbox.problem.RawText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A process whose namespaces are entered. It is held by a pidfd; data from its /proc/PID is used only if the process
 * still existed afterwards, because the number may have been reused.
 */
public final class Target {
    private final Kernel kernel = NativeKernel.open();
    private final int pid;
    private final int descriptor;

    /** @throws JboxException if there is no such process */
    public Target(int pid) {
        this.pid = pid;
        long result = kernel.call(Syscall.PIDFD_OPEN, pid, 0);
        if (result < 0) {
            throw new JboxException("process " + pid + ": " + Errno.describe((int) -result));
        }
        this.descriptor = (int) result;
    }

    /**
     * Refuses a process that has reused the number: each has a pidfd with a unique inode (Linux 6.9).
     *
     * @param inode of its pidfd; 0 for any
     */
    public void expect(long inode) {
        FileStatus status = inode == 0 ? null : FileStatus.of(Fd.borrowed(kernel, descriptor));
        if (inode != 0 && (status == null || status.inode() != inode)) {
            throw new JboxException("process " + pid + ": " + Errno.describe(Errno.ESRCH)
                    + ": the process has ended, and its id was reused");
        }
    }

    /** Its pidfd (pidfd_open(2)). */
    int descriptor() {
        return descriptor;
    }

    /** All types known to this kernel, without user if it is in our user namespace. */
    public Set<Namespace> namespaces() {
        Set<Namespace> all = new TreeSet<>();
        for (Namespace namespace : Namespace.values()) {
            FileStatus own = FileStatus.of(kernel, "/proc/self/ns/" + namespace.label());
            FileStatus its = FileStatus.of(kernel, path("ns/" + namespace.label()));
            if (own == null) {
                continue;
            }
            if (namespace == Namespace.USER && its == null) {
                throw new JboxException(
                        path("ns/user") + ": cannot be read", "only root and the process's user may inspect it");
            }
            if (namespace != Namespace.USER || its != null && !own.isSameAs(its)) {
                all.add(namespace);
            }
        }
        requireAlive();
        return all;
    }

    /** Opens its root directory, working directory or a namespace, by the name below /proc/PID. */
    int open(String name) {
        int file = open(kernel, path(name));
        requireAlive();
        return file;
    }

    /**
     * Opens a file or folder to read.
     *
     * @throws JboxException if it cannot be opened
     */
    static int open(Kernel kernel, String path) {
        return open(kernel, path, Constants.O_RDONLY | Constants.O_NONBLOCK | Constants.O_NOCTTY);
    }

    private static int open(Kernel kernel, String path, int flags) {
        int file = openat(kernel, path, flags);
        if (file < 0) {
            throw new JboxException(path + ": " + Errno.describe(-file));
        }
        return file;
    }

    /** Opens a file to read; negative on failure. */
    static int tryOpen(Kernel kernel, String path) {
        return openat(kernel, path, Constants.O_RDONLY | Constants.O_NONBLOCK | Constants.O_NOCTTY);
    }

    private static int openat(Kernel kernel, String path, int flags) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op open = program.op(Syscall.OPENAT, Constants.AT_FDCWD, program.text(path), flags | Constants.O_CLOEXEC)
                    .next(0);
            kernel.walk(open.address());
            return (int) open.result();
        }
    }

    /** The environment that it was started with, or what it has changed that to. */
    public List<String> environment() {
        try {
            List<String> environment = RawText.split(Files.readAllBytes(Path.of(path("environ"))));
            requireAlive();
            return environment;
        } catch (IOException e) {
            throw new JboxException(path("environ") + ": cannot be read");
        }
    }

    /** Opens the cgroup.procs of each of its cgroups whose hierarchy is mounted here. */
    List<Integer> cgroups() {
        List<Integer> files = new ArrayList<>();
        try {
            List<String> mounts = Files.readAllLines(Path.of("/proc/self/mountinfo"), StandardCharsets.UTF_8);
            for (String line : Files.readAllLines(Path.of(path("cgroup")), StandardCharsets.UTF_8)) {
                String[] fields = line.split(":", 3);
                String mount = fields.length < 3 ? null : CgroupPath.find(mounts, fields[1], fields[2]);
                int file = mount == null ? -Errno.ENOENT : openat(kernel, mount + "/cgroup.procs", Constants.O_WRONLY);
                if (file >= 0) {
                    files.add(file);
                } else if (file != -Errno.ENOENT) {
                    // If it is missing, something else is mounted over the hierarchy.
                    throw new JboxException(mount + "/cgroup.procs: " + Errno.describe(-file));
                }
            }
        } catch (IOException e) {
            throw new JboxException(path("cgroup") + ": cannot be read");
        }
        requireAlive();
        if (files.isEmpty()) {
            throw new JboxException("the cgroup of " + pid + ": none of its hierarchies is mounted here");
        }
        return files;
    }

    /** Its user, in this user namespace. */
    public long uid() {
        return owner("unix:uid");
    }

    /** Its group. */
    public long gid() {
        return owner("unix:gid");
    }

    private long owner(String attribute) {
        try {
            Object id = Files.getAttribute(Path.of(path("")), attribute);
            requireAlive();
            return id instanceof Integer number ? Integer.toUnsignedLong(number) : 0;
        } catch (IOException e) {
            throw new JboxException(path("") + ": cannot be read");
        }
    }

    /** The user namespace that contains a user namespace, or owns a namespace of another type. */
    static int userNamespaceOf(Kernel kernel, int namespace) {
        return checked(kernel.call(Syscall.IOCTL, namespace, Constants.NS_GET_USERNS, 0), "the parent user namespace");
    }

    /** The network namespace in which one of its sockets was made. */
    int networkOfSocket(int number) {
        int socket = checked(kernel.call(Syscall.PIDFD_GETFD, descriptor, number, 0), "descriptor " + number);
        try {
            return checked(
                    kernel.call(Syscall.IOCTL, socket, Constants.SIOCGSKNS, 0),
                    "the network namespace of descriptor " + number);
        } finally {
            kernel.call(Syscall.CLOSE, socket);
        }
    }

    private static int checked(long result, String subject) {
        if (result < 0) {
            throw new JboxException(subject + ": " + Errno.describe((int) -result));
        }
        return (int) result;
    }

    private void requireAlive() {
        if (kernel.call(Syscall.PIDFD_SEND_SIGNAL, descriptor, 0, 0, 0) == -Errno.ESRCH) {
            throw new JboxException("process " + pid + ": has ended");
        }
    }

    private String path(String name) {
        return "/proc/" + pid + "/" + name;
    }
}
