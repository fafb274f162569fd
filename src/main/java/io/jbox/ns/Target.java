package io.jbox.ns;

import io.jbox.config.Namespace;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Ioctl;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.PathCalls;
import io.jbox.kernel.Pidfd;
import io.jbox.number.Pid;
import io.jbox.problem.JboxException;
import io.jbox.problem.RawText;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
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
    /** How files are opened that may be anything: a pipe must not block, a terminal not become ours. */
    static final long TO_READ = Constants.O_RDONLY | Constants.O_NONBLOCK | Constants.O_NOCTTY;

    private final Kernel kernel = NativeKernel.open();
    private final int pid;
    private final Fd pidfd;

    /** @throws JboxException if there is no such process */
    public Target(int pid) {
        this.pid = pid;
        try {
            this.pidfd = Pidfd.open(kernel, new Pid(pid));
        } catch (KernelException e) {
            throw e.about("process " + pid);
        }
    }

    /**
     * Refuses a process that has reused the number: each has a pidfd with a unique inode (Linux 6.9).
     *
     * @param inode of its pidfd; 0 for any
     */
    public void expect(long inode) {
        FileStatus status = inode == 0 ? null : FileStatus.of(pidfd);
        if (inode != 0 && (status == null || status.inode() != inode)) {
            throw new JboxException("process " + pid + ": " + Errno.describe(Errno.ESRCH)
                    + ": the process has ended, and its id was reused");
        }
    }

    /** Its pidfd (pidfd_open(2)). */
    Fd descriptor() {
        return pidfd;
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
    Fd open(String name) {
        Fd file = open(kernel, path(name));
        requireAlive();
        return file;
    }

    /**
     * Opens a file or folder to read.
     *
     * @throws JboxException if it cannot be opened
     */
    static Fd open(Kernel kernel, String path) {
        try {
            return PathCalls.open(kernel, path, TO_READ);
        } catch (KernelException e) {
            throw e.about(path);
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
    List<Fd> cgroups() {
        List<Fd> files = new ArrayList<>();
        try {
            List<String> mounts = Files.readAllLines(Path.of("/proc/self/mountinfo"), StandardCharsets.UTF_8);
            for (String line : Files.readAllLines(Path.of(path("cgroup")), StandardCharsets.UTF_8)) {
                String[] fields = line.split(":", 3);
                String mount = fields.length < 3 ? null : CgroupPath.find(mounts, fields[1], fields[2]);
                if (mount != null) {
                    addCgroup(mount + "/cgroup.procs", files);
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

    private void addCgroup(String path, List<Fd> files) {
        try {
            files.add(PathCalls.open(kernel, path, Constants.O_WRONLY));
        } catch (KernelException e) {
            // If it is missing, something else is mounted over the hierarchy.
            if (!e.is(Errno.ENOENT)) {
                throw e.about(path);
            }
        }
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
    static Fd userNamespaceOf(Fd namespace) {
        try {
            return Ioctl.open(namespace, Constants.NS_GET_USERNS, 0);
        } catch (KernelException e) {
            throw e.about("the parent user namespace");
        }
    }

    /** The network namespace in which one of its sockets was made. */
    Fd networkOfSocket(int number) {
        try (Fd socket = Pidfd.descriptor(pidfd, number)) {
            return networkOf(socket, number);
        } catch (KernelException e) {
            throw e.about("descriptor " + number);
        }
    }

    private static Fd networkOf(Fd socket, int number) {
        try {
            return Ioctl.open(socket, Constants.SIOCGSKNS, 0);
        } catch (KernelException e) {
            throw e.about("the network namespace of descriptor " + number);
        }
    }

    private void requireAlive() {
        try {
            Pidfd.signal(pidfd, 0);
        } catch (KernelException e) {
            // EPERM says that it lives.
            if (e.is(Errno.ESRCH)) {
                throw new JboxException("process " + pid + ": has ended");
            }
        }
    }

    private String path(String name) {
        return "/proc/" + pid + "/" + name;
    }
}
