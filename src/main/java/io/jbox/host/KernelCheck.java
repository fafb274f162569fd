package io.jbox.host;

import io.jbox.kernel.CallProbe;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Rtnl;
import io.jbox.uapi.Syscall;
import java.io.File;
import java.util.List;
import java.util.Locale;

/** What the running kernel has: system calls, namespaces, file systems, kinds of interfaces. */
final class KernelCheck {
    private final Kernel kernel = NativeKernel.open();
    private final CheckList list;

    KernelCheck(CheckList list) {
        this.list = list;
    }

    void calls() {
        String release = System.getProperty("os.version", "");
        list.add(
                "kernel",
                "release",
                atLeast(release, 6, 1),
                CheckLine.Verdict.ABSENT,
                release,
                "jbox needs Linux 6.1 or later for all features");
        for (Syscall call : List.of(
                Syscall.CLONE3,
                Syscall.OPENAT2,
                Syscall.FSOPEN,
                Syscall.MOVE_MOUNT,
                Syscall.MOUNT_SETATTR,
                Syscall.CLOSE_RANGE,
                Syscall.PIDFD_OPEN)) {
            boolean there = CallProbe.exists(kernel, call);
            list.add(
                    "kernel",
                    call.kernelName(),
                    there,
                    CheckLine.Verdict.BROKEN,
                    there ? "there" : "missing",
                    "use a newer kernel, or a container engine that allows it");
        }
        String noexec = CheckedFiles.line("/proc/sys/vm/memfd_noexec");
        boolean allowed = noexec == null || !noexec.equals("2");
        list.add(
                "kernel",
                "programs in memory",
                allowed,
                CheckLine.Verdict.ABSENT,
                allowed ? "allowed" : "vm.memfd_noexec = 2",
                "\"jbox run\" needs them: sysctl vm.memfd_noexec=1");
    }

    private static boolean atLeast(String release, int major, int minor) {
        String[] parts = release.split("[^0-9]", 3);
        try {
            int first = Integer.parseInt(parts[0]);
            return first > major || first == major && parts.length > 1 && Integer.parseInt(parts[1]) >= minor;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    void namespaces() {
        for (String name : List.of("mnt", "pid", "uts", "ipc", "net", "cgroup", "user", "time")) {
            boolean there = new File("/proc/self/ns/" + name).exists();
            boolean needed = !name.equals("user") && !name.equals("time");
            list.add(
                    "namespaces",
                    name,
                    there,
                    needed ? CheckLine.Verdict.BROKEN : CheckLine.Verdict.ABSENT,
                    there ? "there" : "missing",
                    "a kernel with CONFIG_" + name.toUpperCase(Locale.ROOT) + "_NS");
        }
        String most = CheckedFiles.line("/proc/sys/user/max_user_namespaces");
        boolean some = most == null || !most.equals("0");
        list.add(
                "namespaces",
                "user namespaces allowed",
                some,
                CheckLine.Verdict.ABSENT,
                some ? "yes" : "none",
                "sysctl user.max_user_namespaces=15000");
    }

    void fileSystems() {
        for (String name : List.of("proc", "sysfs", "tmpfs", "devpts", "mqueue", "overlay")) {
            boolean there = CheckedFiles.contains("/proc/filesystems", "\t" + name + "\n");
            boolean needed = !name.equals("overlay") && !name.equals("mqueue");
            list.add(
                    "file systems",
                    name,
                    there,
                    needed ? CheckLine.Verdict.BROKEN : CheckLine.Verdict.ABSENT,
                    there ? "there" : "missing",
                    "modprobe " + name);
        }
    }

    void interfaces() {
        for (String name : List.of("veth", "bridge", "macvlan", "ipvlan", "8021q")) {
            boolean there = new File("/sys/module/" + name).exists() || module(name) || knows(name);
            // The kernel tells only root what is built in; other users cannot make such interfaces on the host anyway.
            boolean told = OwnProcess.isRoot(kernel);
            list.add(
                    "network",
                    name,
                    there || !told,
                    CheckLine.Verdict.ABSENT,
                    there ? "there" : told ? "not found" : "only root can see it",
                    "modprobe " + name + "; without it boxes have no such interfaces");
        }
    }

    /**
     * Whether the kernel knows a kind of interface, also one that is built in: it is asked for one that cannot be made, for
     * its name is none. Only root is answered.
     */
    private boolean knows(String module) {
        try (NetlinkSocket socket = NetlinkSocket.open(kernel)) {
            MessageWriter message = MessageWriter.link(Rtnl.RTM_NEWLINK, Rtnl.NLM_F_CREATE | Rtnl.NLM_F_EXCL, 0)
                    .attribute(Rtnl.IFLA_IFNAME, "no/name");
            int info = message.begin(Rtnl.IFLA_LINKINFO | Rtnl.NLA_F_NESTED);
            message.attribute(Rtnl.IFLA_INFO_KIND, module.equals("8021q") ? "vlan" : module)
                    .end(info);
            socket.request(message);
            return true;
        } catch (NetlinkException e) {
            return e.errno() != Errno.EOPNOTSUPP && e.errno() != Errno.EPERM;
        }
    }

    private boolean module(String name) {
        String folder = "/lib/modules/" + System.getProperty("os.version", "");
        return CheckedFiles.contains(folder + "/modules.dep", "/" + name + ".ko")
                || CheckedFiles.contains(folder + "/modules.builtin", "/" + name + ".ko");
    }
}
