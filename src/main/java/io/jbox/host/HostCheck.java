package io.jbox.host;

import java.io.File;
import java.util.List;

/** Checks which features for boxes a host has, and what to do about missing ones, as lxc-checkconfig does. */
public final class HostCheck {
    private final CheckList list = new CheckList();

    private HostCheck() {}

    /** Runs all checks; changes nothing, needs no privilege. */
    public static List<CheckLine> run() {
        HostCheck check = new HostCheck();
        KernelCheck kernel = new KernelCheck(check.list);
        kernel.calls();
        kernel.namespaces();
        check.cgroups();
        kernel.fileSystems();
        kernel.interfaces();
        check.users();
        check.security();
        check.tools();
        return check.list.lines();
    }

    private void cgroups() {
        boolean v2 = new File("/sys/fs/cgroup/cgroup.controllers").exists();
        boolean unified = new File("/sys/fs/cgroup/unified/cgroup.controllers").exists();
        boolean v1 = new File("/sys/fs/cgroup/memory").isDirectory();
        String layout = v2 ? "v2" : unified && v1 ? "hybrid" : v1 ? "v1" : "none";
        list.add(
                "cgroups",
                "layout",
                !layout.equals("none"),
                CheckLine.Verdict.ABSENT,
                layout,
                "mount cgroup2 on /sys/fs/cgroup");
        for (String name : List.of("cpu", "memory", "pids")) {
            String controllers = CheckedFiles.line("/sys/fs/cgroup/cgroup.controllers");
            boolean there = new File("/sys/fs/cgroup/" + name).isDirectory()
                    || controllers != null && (" " + controllers + " ").contains(" " + name + " ");
            list.add(
                    "cgroups",
                    name,
                    there,
                    CheckLine.Verdict.ABSENT,
                    there ? "there" : "missing",
                    "no limits on " + name + " without it");
        }
    }

    private void users() {
        for (String file : List.of("/etc/subuid", "/etc/subgid")) {
            String user = System.getProperty("user.name", "");
            boolean there = CheckedFiles.contains(file, user + ":");
            // Root needs no range: without one, boxes get ids that no other user has.
            boolean root = user.equals("root");
            list.add(
                    "user ids",
                    file,
                    there || root,
                    CheckLine.Verdict.ABSENT,
                    there
                            ? "has a range for " + user
                            : "no range for " + user + (root ? "; boxes get ids that no other user has" : ""),
                    "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + user);
        }
        for (String tool : List.of("newuidmap", "newgidmap")) {
            list.tool("user ids", tool, "uidmap", List.of("/usr/bin"));
        }
        list.tool("user ids", "slirp4netns", "slirp4netns", List.of("/usr/bin"));
        File device = new File("/dev/net/tun");
        boolean tun = device.canWrite();
        list.add(
                "user ids",
                "/dev/net/tun",
                tun,
                CheckLine.Verdict.ABSENT,
                tun ? "there" : device.exists() ? "not for this user" : "not there",
                (device.exists() ? "chmod 666 /dev/net/tun" : "modprobe tun") + "; type: user needs it");
    }

    private void security() {
        boolean seccomp = CheckedFiles.contains("/proc/self/status", "Seccomp:");
        list.add(
                "security",
                "seccomp",
                seccomp,
                CheckLine.Verdict.ABSENT,
                seccomp ? "there" : "missing",
                "a kernel with CONFIG_SECCOMP");
        String modules = CheckedFiles.line("/sys/kernel/security/lsm");
        if (modules == null) {
            list.add(
                    "security",
                    "security modules",
                    false,
                    CheckLine.Verdict.ABSENT,
                    "not visible",
                    "mount -t securityfs none /sys/kernel/security");
            return;
        }
        List<String> all = List.of(modules.trim().split(","));
        module("AppArmor", all.contains("apparmor"), "boxes get jbox's profile if apparmor_parser is installed");
        module("SELinux", all.contains("selinux"), "selinux.context sets one");
        module("Yama", all.contains("yama"), "kernel.yama.ptrace_scope");
        if (all.contains("apparmor")) {
            list.tool("security", "apparmor_parser", "apparmor", List.of("/usr/sbin"));
        }
    }

    private void module(String name, boolean there, String use) {
        list.add(
                "security",
                name,
                there,
                CheckLine.Verdict.ABSENT,
                there ? "there: " + use : "not in use",
                "only a second line of defence is missing");
    }

    private void tools() {
        list.tool("tools", "busybox", "busybox-static");
        list.tool("tools", "ip", "iproute2");
        list.tool("tools", "dnsmasq", "dnsmasq-base");
        list.tool("tools", "nft", "nftables");
    }
}
