package io.jbox.host;

import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Syscall;
import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.Rtnl;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a host has of what boxes can use, and what to do about the rest; lxc-checkconfig's questions. */
public final class HostCheck {
    /** How a line turned out. */
    public enum Verdict {
        OK,
        /** Something optional is missing. */
        ABSENT,
        /** Boxes cannot run. */
        BROKEN
    }

    /**
     * One answer.
     *
     * @param group heading that it belongs to
     * @param advice what to do; null where there is nothing to do
     */
    public record Line(
            String group,
            String subject,
            Verdict verdict,
            String finding,
            @Nullable String advice) {}

    private final Kernel kernel;
    private final List<Line> lines = new ArrayList<>();

    public HostCheck(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Looks at everything; changes nothing, needs no privilege. */
    public List<Line> run() {
        lines.clear();
        kernel();
        namespaces();
        cgroups();
        fileSystems();
        network();
        users();
        security();
        tools();
        return List.copyOf(lines);
    }

    private void add(String group, String subject, boolean good, Verdict otherwise, String finding, String advice) {
        lines.add(new Line(group, subject, good ? Verdict.OK : otherwise, finding, good ? null : advice));
    }

    private void kernel() {
        String release = System.getProperty("os.version", "");
        add(
                "kernel",
                "release",
                atLeast(release, 6, 1),
                Verdict.ABSENT,
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
            // With these arguments none of them can do anything but complain.
            boolean there = kernel.call(call, -1, 0, 0, -1, 0, 0) != -Errno.ENOSYS;
            add(
                    "kernel",
                    call.kernelName(),
                    there,
                    Verdict.BROKEN,
                    there ? "there" : "missing",
                    "use a newer kernel, or a container engine that allows it");
        }
        String noexec = line("/proc/sys/vm/memfd_noexec");
        boolean allowed = noexec == null || !noexec.equals("2");
        add(
                "kernel",
                "programs in memory",
                allowed,
                Verdict.ABSENT,
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

    private void namespaces() {
        for (String name : List.of("mnt", "pid", "uts", "ipc", "net", "cgroup", "user", "time")) {
            boolean there = new File("/proc/self/ns/" + name).exists();
            boolean needed = !name.equals("user") && !name.equals("time");
            add(
                    "namespaces",
                    name,
                    there,
                    needed ? Verdict.BROKEN : Verdict.ABSENT,
                    there ? "there" : "missing",
                    "a kernel with CONFIG_" + name.toUpperCase(Locale.ROOT) + "_NS");
        }
        String most = line("/proc/sys/user/max_user_namespaces");
        boolean some = most == null || !most.equals("0");
        add(
                "namespaces",
                "user namespaces allowed",
                some,
                Verdict.ABSENT,
                some ? "yes" : "none",
                "sysctl user.max_user_namespaces=15000");
    }

    private void cgroups() {
        boolean v2 = new File("/sys/fs/cgroup/cgroup.controllers").exists();
        boolean unified = new File("/sys/fs/cgroup/unified/cgroup.controllers").exists();
        boolean v1 = new File("/sys/fs/cgroup/memory").isDirectory();
        String layout = v2 ? "v2" : unified && v1 ? "hybrid" : v1 ? "v1" : "none";
        add("cgroups", "layout", !layout.equals("none"), Verdict.ABSENT, layout, "mount cgroup2 on /sys/fs/cgroup");
        for (String name : List.of("cpu", "memory", "pids")) {
            String controllers = line("/sys/fs/cgroup/cgroup.controllers");
            boolean there = new File("/sys/fs/cgroup/" + name).isDirectory()
                    || controllers != null && (" " + controllers + " ").contains(" " + name + " ");
            add(
                    "cgroups",
                    name,
                    there,
                    Verdict.ABSENT,
                    there ? "there" : "missing",
                    "no limits on " + name + " without it");
        }
    }

    private void fileSystems() {
        for (String name : List.of("proc", "sysfs", "tmpfs", "devpts", "mqueue", "overlay")) {
            boolean there = listed("/proc/filesystems", name);
            boolean needed = !name.equals("overlay") && !name.equals("mqueue");
            add(
                    "file systems",
                    name,
                    there,
                    needed ? Verdict.BROKEN : Verdict.ABSENT,
                    there ? "there" : "missing",
                    "modprobe " + name);
        }
    }

    private void network() {
        for (String name : List.of("veth", "bridge", "macvlan", "ipvlan", "8021q")) {
            boolean there = new File("/sys/module/" + name).exists() || module(name) || knows(name);
            // Only root is told what is built in; nobody else makes such interfaces on the host anyway.
            boolean told = kernel.call(Syscall.GETEUID) == 0;
            add(
                    "network",
                    name,
                    there || !told,
                    Verdict.ABSENT,
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
        return contains(folder + "/modules.dep", "/" + name + ".ko")
                || contains(folder + "/modules.builtin", "/" + name + ".ko");
    }

    private void users() {
        for (String file : List.of("/etc/subuid", "/etc/subgid")) {
            String user = System.getProperty("user.name", "");
            boolean there = contains(file, user + ":");
            // Root needs none: boxes have what no other user has then.
            boolean root = user.equals("root");
            add(
                    "user ids",
                    file,
                    there || root,
                    Verdict.ABSENT,
                    there
                            ? "has a range for " + user
                            : "no range for " + user + (root ? "; boxes get ids that nobody else has" : ""),
                    "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + user);
        }
        for (String tool : List.of("newuidmap", "newgidmap")) {
            tool("user ids", tool, "uidmap", List.of("/usr/bin"));
        }
        tool("user ids", "slirp4netns", "slirp4netns", List.of("/usr/bin"));
        File device = new File("/dev/net/tun");
        boolean tun = device.canWrite();
        add(
                "user ids",
                "/dev/net/tun",
                tun,
                Verdict.ABSENT,
                tun ? "there" : device.exists() ? "not for this user" : "not there",
                (device.exists() ? "chmod 666 /dev/net/tun" : "modprobe tun") + "; type: user needs it");
    }

    private void security() {
        boolean seccomp = contains("/proc/self/status", "Seccomp:");
        add(
                "security",
                "seccomp",
                seccomp,
                Verdict.ABSENT,
                seccomp ? "there" : "missing",
                "a kernel with CONFIG_SECCOMP");
        String modules = line("/sys/kernel/security/lsm");
        if (modules == null) {
            add(
                    "security",
                    "security modules",
                    false,
                    Verdict.ABSENT,
                    "not visible",
                    "mount -t securityfs none /sys/kernel/security");
            return;
        }
        List<String> all = List.of(modules.trim().split(","));
        module("AppArmor", all.contains("apparmor"), "boxes get jbox's profile if apparmor_parser is installed");
        module("SELinux", all.contains("selinux"), "selinux.context sets one");
        module("Yama", all.contains("yama"), "kernel.yama.ptrace_scope");
        if (all.contains("apparmor")) {
            tool("security", "apparmor_parser", "apparmor", List.of("/usr/sbin"));
        }
    }

    private void module(String name, boolean there, String use) {
        add(
                "security",
                name,
                there,
                Verdict.ABSENT,
                there ? "there: " + use : "not in use",
                "only a second line of defence is missing");
    }

    private void tools() {
        tool("tools", "busybox", "busybox-static");
        tool("tools", "ip", "iproute2");
        tool("tools", "dnsmasq", "dnsmasq-base");
        tool("tools", "nft", "nftables");
    }

    private void tool(String group, String name, String debianPackage) {
        tool(
                group,
                name,
                debianPackage,
                List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"));
    }

    /** @param folders where jbox looks for it */
    private void tool(String group, String name, String debianPackage, List<String> folders) {
        String found = null;
        for (String folder : folders) {
            if (found == null && new File(folder, name).canExecute()) {
                found = folder + "/" + name;
            }
        }
        add(
                group,
                name,
                found != null,
                Verdict.ABSENT,
                found == null ? "not found" : found,
                "apt install " + debianPackage);
    }

    private static boolean listed(String file, String word) {
        return contains(file, "\t" + word + "\n");
    }

    private static boolean contains(String file, String text) {
        try (BufferedReader in = new BufferedReader(new FileReader(file, StandardCharsets.ISO_8859_1))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if ((line + "\n").contains(text)) {
                    return true;
                }
            }
        } catch (IOException e) {
            return false;
        }
        return false;
    }

    private static @Nullable String line(String file) {
        try (BufferedReader in = new BufferedReader(new FileReader(file, StandardCharsets.ISO_8859_1))) {
            return in.readLine();
        } catch (IOException e) {
            return null;
        }
    }
}
