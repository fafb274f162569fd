package io.jbox.schema;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.DebianRecipe;
import io.jbox.config.DeviceRule;
import io.jbox.config.IdMapping;
import io.jbox.config.ImageName;
import io.jbox.config.IpPrefix;
import io.jbox.config.Limit;
import io.jbox.config.MountEntry;
import io.jbox.config.Namespace;
import io.jbox.config.PublishedPort;
import io.jbox.config.RootfsPath;
import io.jbox.config.Signal;
import io.jbox.config.Value;
import io.jbox.number.Bytes;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lists every key of the configuration once, for the reader, command line overrides, {@code config show} and the JSON
 * Schema.
 *
 * <p>A key is LXC's own (lxc.container.conf(5)) without {@code lxc.}, nested at the dots, with {@code net.N} as a list.
 * To add one, add it here and to its record in {@link Config}.
 */
final class Keys {
    /** Stages whose hooks are host programs. */
    private static final Set<String> HOST_HOOKS =
            Set.of("pre-start", "start-host", "stop", "post-stop", "clone", "destroy");

    static final Key<String> NAME =
            new Key<>("name", NameScalars.BOX_NAME, "The box's name; by default that of the file");
    static final Key<String> ARCH = new Key<>(
            "arch",
            Scalars.word("x86_64", "amd64", "x86", "i686", "aarch64", "arm64"),
            "The processor architecture of the box's programs; start refuses one that this host cannot run");
    static final Key<List<Value<String>>> INCLUDE =
            new Key<>("include", list(Scalars.PATH), "Files, or folders of *.yaml files, to read first");

    static final Key<RootfsPath> ROOTFS_PATH = new Key<>(
            "path",
            Scalars.ROOTFS_PATH,
            "The root file system: a folder, box:NAME for that of another box, or overlay:LOWER[:LOWER...]:UPPER; by default rootfs in the box's own folder");
    static final Key<List<Value<String>>> ROOTFS_OPTIONS = new Key<>(
            "options",
            commas(Scalars.word(
                    "ro",
                    "rw",
                    "nosuid",
                    "suid",
                    "nodev",
                    "dev",
                    "noexec",
                    "exec",
                    "noatime",
                    "relatime",
                    "strictatime",
                    "nodiratime",
                    "shift")),
            "Mount options of the root file system; shift changes the owners of its files to the box's ids, once, for file systems whose owners the kernel cannot map");
    static final Key<String> ROOTFS_TEMPLATE = new Key<>(
            "template",
            Scalars.word("busybox", DebianRecipe.TEMPLATE),
            "What makes the root file system if there is none yet: busybox, a folder with the host's static busybox or, with a lock, the locked one; or debian, packages of Debian stable with systemd, as rootfs.debian has them");
    static final Key<ImageName> ROOTFS_IMAGE = new Key<>(
            "image",
            Scalars.IMAGE,
            "The image that the root file system is: a registry's, oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE, or store:NAME, which \"jbox commit\" makes; the box's own files lie over it, in rootfs.path, and its environment, command, user and working directory are defaults here");
    static final Key<String> DEBIAN_SUITE =
            new Key<>("suite", DebianScalars.SUITE, "The release, as bookworm or trixie; this one must be written");
    static final Key<List<Value<String>>> DEBIAN_PACKAGES =
            new Key<>("packages", commas(DebianScalars.PACKAGE), "Packages beside those of the variant");
    static final Key<String> DEBIAN_VARIANT = new Key<>(
            "variant",
            Scalars.word(DebianRecipe.VARIANTS.toArray(String[]::new)),
            "What is installed in any case, as mmdebstrap calls it: essential packages, these with apt, with those of priority required (minbase), with build-essential (buildd), or with those of higher priorities; or busybox alone; minbase by default");
    static final Key<List<Value<String>>> DEBIAN_COMPONENTS = new Key<>(
            "components", commas(DebianScalars.COMPONENT), "Of the archive, as main and contrib; main by default");
    static final Key<String> DEBIAN_MIRROR = new Key<>(
            "mirror",
            DebianScalars.MIRROR,
            "The address of the archive, or of an archive of snapshots; by default those that the host's apt has for the suite");
    static final Key<Section> ROOTFS_DEBIAN = section(
            "debian",
            "Packages of Debian that the root file system is made of, by apt and mmdebstrap; the box's own files lie over them, in rootfs.path",
            DEBIAN_SUITE,
            DEBIAN_PACKAGES,
            DEBIAN_VARIANT,
            DEBIAN_COMPONENTS,
            DEBIAN_MIRROR);
    static final Key<List<Value<String>>> ROOTFS_STEPS = new Key<>(
            "steps",
            list(Scalars.TEXT),
            "Commands that complete rootfs.image or rootfs.debian, each executed once by /bin/sh in a box of its own; the store keeps what each has made");
    static final Key<String> ROOTFS_NETWORK = new Key<>(
            "network",
            Scalars.word("none", "outgoing"),
            "What these commands reach: nothing, or what a box with outgoing connections does; none by default");
    static final Key<Section> ROOTFS = section(
            "rootfs",
            "The root file system",
            ROOTFS_PATH,
            ROOTFS_OPTIONS,
            ROOTFS_TEMPLATE,
            ROOTFS_IMAGE,
            ROOTFS_DEBIAN,
            ROOTFS_STEPS,
            ROOTFS_NETWORK);

    static final Key<String> UTS_NAME =
            new Key<>("name", NameScalars.HOST_NAME, "The host name in the box; the box's name by default");
    static final Key<Section> UTS = section("uts", "The UTS namespace", UTS_NAME);

    static final Key<List<Value<String>>> INIT_CMD = new Key<>(
            "cmd",
            new Sequence<>(Scalars.TEXT, Sequence.Separator.SPACE),
            "The program that becomes PID 1, with its arguments: a list, or text split at spaces",
            "/sbin/init");
    static final Key<Long> INIT_UID = new Key<>("uid", id(), "Its user id", "0");
    static final Key<Long> INIT_GID = new Key<>("gid", id(), "Its group id", "0");
    static final Key<List<Value<Long>>> INIT_GROUPS =
            new Key<>("groups", new Sequence<>(id(), Sequence.Separator.SPACE_OR_COMMA), "Its supplementary group ids");
    static final Key<String> INIT_CWD = new Key<>("cwd", Scalars.PATH, "Its working directory in the box", "/");
    static final Key<String> INIT_SYSTEM = new Key<>(
            "system",
            Scalars.word("systemd", "other"),
            "systemd gives the box what systemd needs: a writable cgroup, /run, SYS_ADMIN in a user namespace, settings for networkd",
            "other");
    static final Key<Section> INIT = section(
            "init", "The program that becomes PID 1", INIT_CMD, INIT_UID, INIT_GID, INIT_GROUPS, INIT_CWD, INIT_SYSTEM);

    static final Key<List<Value<String>>> ENVIRONMENT = new Key<>(
            "environment",
            list(NameScalars.ENVIRONMENT),
            "NAME=VALUE: the environment of PID 1; nothing of the caller's environment is passed on");

    static final Key<String> NET_TYPE = new Key<>(
            "type",
            Scalars.word("none", "empty", "user", "veth", "phys", "macvlan", "vlan", "ipvlan"),
            "none shares the host's network, empty has only lo, user has outgoing connections by slirp4netns");
    static final Key<String> NET_LINK = new Key<>("link", NetScalars.INTERFACE, "The host's interface or bridge");
    static final Key<List<Value<String>>> NET_FLAGS =
            new Key<>("flags", commas(NetScalars.FLAG_UP), "up brings the interface up");
    static final Key<String> NET_NAME = new Key<>("name", NetScalars.INTERFACE, "The interface's name in the box");
    static final Key<String> NET_HWADDR =
            new Key<>("hwaddr", NetScalars.HWADDR, "Its hardware address; x is a random digit");
    static final Key<Long> NET_MTU = new Key<>("mtu", Scalars.number(68, 65_535), "Its MTU in bytes");
    static final Key<String> NET_HOST = new Key<>(
            "host",
            NetScalars.PERMISSION,
            "allow lets a network of type user connect to the host's own addresses",
            "deny");
    static final Key<String> NET_SPOOF = new Key<>(
            "spoof",
            NetScalars.PERMISSION,
            "allow lets a box on jbox's own bridge send from addresses that are not its own",
            "deny");
    static final Key<List<Value<IpPrefix>>> IPV4_ADDRESS = new Key<>(
            "address",
            list(NetScalars.IPV4_PREFIX),
            "One or more of ADDRESS/LENGTH [BROADCAST], or auto: a free address of the bridge's network");
    static final Key<String> IPV4_GATEWAY = new Key<>(
            "gateway",
            NetScalars.IPV4_GATEWAY,
            "The default gateway: an address, auto (the bridge's address), or dev (a route through the interface, without a gateway)");
    static final Key<Section> NET_IPV4 = section("ipv4", "Its IPv4 addresses", IPV4_ADDRESS, IPV4_GATEWAY);
    static final Key<List<Value<IpPrefix>>> IPV6_ADDRESS =
            new Key<>("address", list(NetScalars.IPV6_PREFIX), "ADDRESS/LENGTH, several, or auto");
    static final Key<String> IPV6_GATEWAY = new Key<>(
            "gateway",
            NetScalars.IPV6_GATEWAY,
            "The default gateway: an address, auto (the bridge's address), or dev (a route through the interface, without a gateway)");
    static final Key<Section> NET_IPV6 = section("ipv6", "Its IPv6 addresses", IPV6_ADDRESS, IPV6_GATEWAY);
    static final Key<String> VETH_PAIR = new Key<>("pair", NetScalars.INTERFACE, "The name of the peer on the host");
    static final Key<String> VETH_MODE = new Key<>(
            "mode", Scalars.word("bridge", "router"), "How the peer is connected to the host's network", "bridge");
    static final Key<List<Value<IpPrefix>>> VETH_IPV4_ROUTE =
            new Key<>("route", list(NetScalars.IPV4_ROUTE), "Routes on the host to the box");
    static final Key<Section> VETH_IPV4 = section("ipv4", "IPv4 on the host's side", VETH_IPV4_ROUTE);
    static final Key<List<Value<IpPrefix>>> VETH_IPV6_ROUTE =
            new Key<>("route", list(NetScalars.IPV6_ROUTE), "Routes on the host to the box");
    static final Key<Section> VETH_IPV6 = section("ipv6", "IPv6 on the host's side", VETH_IPV6_ROUTE);
    static final Key<Section> NET_VETH =
            section("veth", "Settings for veth", VETH_PAIR, VETH_MODE, VETH_IPV4, VETH_IPV6);
    static final Key<String> MACVLAN_MODE = new Key<>(
            "mode",
            Scalars.word("private", "vepa", "bridge", "passthru"),
            "Which interfaces on the same link can reach each other",
            "private");
    static final Key<Section> NET_MACVLAN = section("macvlan", "Settings for macvlan", MACVLAN_MODE);
    static final Key<Long> VLAN_ID = new Key<>("id", Scalars.number(0, 4094), "The VLAN id");
    static final Key<Section> NET_VLAN = section("vlan", "Settings for vlan", VLAN_ID);
    static final Key<String> IPVLAN_MODE =
            new Key<>("mode", Scalars.word("l2", "l3", "l3s"), "The mode: at which layer it forwards", "l3");
    static final Key<Section> NET_IPVLAN = section("ipvlan", "Settings for ipvlan", IPVLAN_MODE);
    static final Key<String> SCRIPT_UP = new Key<>("up", Scalars.PATH, "Run after the interface is made");
    static final Key<String> SCRIPT_DOWN = new Key<>("down", Scalars.PATH, "Run before the interface is removed");
    static final Key<Section> NET_SCRIPT = section("script", "Programs to run on the host", SCRIPT_UP, SCRIPT_DOWN);
    static final Key<List<Value<Section>>> NET = new Key<>(
            "net",
            new Sequence<>(
                    new Fields(
                            NET_TYPE,
                            NET_LINK,
                            NET_FLAGS,
                            NET_NAME,
                            NET_HWADDR,
                            NET_MTU,
                            NET_HOST,
                            NET_SPOOF,
                            NET_IPV4,
                            NET_IPV6,
                            NET_VETH,
                            NET_MACVLAN,
                            NET_VLAN,
                            NET_IPVLAN,
                            NET_SCRIPT),
                    Sequence.Separator.NONE),
            "The network interfaces; by default one of type empty");

    static final Key<List<Value<String>>> MOUNT_AUTO = new Key<>(
            "auto",
            new Sequence<>(
                    Scalars.word(
                            "proc",
                            "proc:mixed",
                            "proc:rw",
                            "sys",
                            "sys:mixed",
                            "sys:ro",
                            "sys:rw",
                            "cgroup",
                            "cgroup:mixed",
                            "cgroup:ro",
                            "cgroup:rw"),
                    Sequence.Separator.SPACE),
            "Kernel file systems to mount",
            "proc:mixed sys:ro");
    static final Key<List<Value<MountEntry>>> MOUNT_ENTRY = new Key<>(
            "entry",
            list(Scalars.MOUNT_ENTRY),
            "Lines as in fstab(5), with targets in the box; extra options: optional, create=dir, create=file, idmap=container, idmap=UID:GID");
    static final Key<String> MOUNT_FSTAB = new Key<>("fstab", Scalars.PATH, "A file of such lines");
    static final Key<String> MOUNT_HIDEPID = new Key<>(
            "hidepid",
            Scalars.word("off", "noaccess", "invisible", "ptraceable"),
            "Whether users in the box see each other's processes in its /proc (proc(5))",
            "off");
    static final Key<Section> MOUNT = section("mount", "Mounts", MOUNT_AUTO, MOUNT_ENTRY, MOUNT_FSTAB, MOUNT_HIDEPID);

    static final Key<List<Value<Capability>>> CAP_DROP = new Key<>(
            "drop",
            new Sequence<>(KernelScalars.CAPABILITY, Sequence.Separator.SPACE),
            "Capabilities to remove from the default set");
    static final Key<List<Value<String>>> CAP_KEEP = new Key<>(
            "keep",
            new Sequence<>(KernelScalars.CAPABILITY_OR_NONE, Sequence.Separator.SPACE),
            "Capabilities to use instead of the default set; none for no capabilities");
    static final Key<List<Value<Capability>>> CAP_ADD = new Key<>(
            "add",
            new Sequence<>(KernelScalars.CAPABILITY, Sequence.Separator.SPACE),
            "Capabilities to add to the default set");
    static final Key<Section> CAP = section("cap", "Capabilities", CAP_ADD, CAP_DROP, CAP_KEEP);
    static final Key<String> SECCOMP_PROFILE = new Key<>(
            "profile",
            Scalars.PATH,
            "Which system calls the box may make: default, none, or a file in LXC's format or OCI's JSON",
            "default");
    static final Key<Section> SECCOMP = section("seccomp", "The system call filter", SECCOMP_PROFILE);
    static final Key<String> APPARMOR_PROFILE = new Key<>(
            "profile",
            KernelScalars.LABEL,
            "The AppArmor profile of its programs: generated for jbox's own, unconfined, or the name of a loaded one",
            "generated");
    static final Key<Section> APPARMOR = section("apparmor", "AppArmor, where the host uses it", APPARMOR_PROFILE);
    static final Key<String> SELINUX_CONTEXT =
            new Key<>("context", KernelScalars.LABEL, "The SELinux context of its programs");
    static final Key<Section> SELINUX = section("selinux", "SELinux, where the host uses it", SELINUX_CONTEXT);
    static final Key<Bytes> LIMITS_MEMORY =
            new Key<>("memory", Scalars.SIZE, "Memory limit: bytes, or a number with k, M or G");
    static final Key<Long> LIMITS_CPUS =
            new Key<>("cpus", CgroupScalars.PROCESSORS, "Limit of processor time, in processors: 0.5 is half of one");
    static final Key<Long> LIMITS_PIDS =
            new Key<>("pids", CgroupScalars.COUNT_OR_MAX, "Limit of processes and threads, or max", "4096");
    static final Key<Section> LIMITS =
            section("limits", "Resource limits, on cgroups of either version", LIMITS_MEMORY, LIMITS_CPUS, LIMITS_PIDS);
    static final Key<List<Value<DeviceRule>>> DEVICES_ALLOW = new Key<>(
            "allow",
            list(CgroupScalars.DEVICE_RULE),
            "Devices that it may use besides the usual ones, such as c 10:200 rwm (/dev/net/tun)");
    static final Key<List<Value<DeviceRule>>> DEVICES_DENY = new Key<>(
            "deny",
            list(CgroupScalars.DEVICE_RULE),
            "Devices that the box may not use; a means all except those that are allowed");
    static final Key<Section> DEVICES =
            section("devices", "The devices that the box may use", DEVICES_ALLOW, DEVICES_DENY);
    static final Key<Map<String, Value<String>>> CGROUP1_FILES = new Key<>(
            "FILE",
            Table.dotted(CgroupScalars.CGROUP_FILE, Scalars.TEXT),
            "Files of the box's cgroups of version 1, such as cpuset.cpus, with the text to write to them line by line");
    static final Key<Section> CGROUP = new Key<>(
            "cgroup",
            new Fields(CGROUP1_FILES, DEVICES),
            "The devices that the box may use, and files of its cgroups of version 1 such as memory.limit_in_bytes");
    static final Key<Map<String, Value<String>>> CGROUP2 = new Key<>(
            "cgroup2",
            Table.dotted(CgroupScalars.CGROUP_FILE, Scalars.TEXT),
            "Files of the box's cgroup of version 2, such as memory.high, with the text to write to them line by line");
    static final Key<Boolean> NO_NEW_PRIVS = new Key<>(
            "no_new_privs",
            Scalars.BOOL,
            "If true, no program that is executed gains privileges (by setuid or file capabilities)",
            "false");

    static final Key<Signal> SIGNAL_HALT = new Key<>(
            "halt",
            KernelScalars.SIGNAL,
            "Signal that asks PID 1 to halt; one that is not written is SIGRTMIN+3 if PID 1 handles that, as systemd does",
            "SIGPWR");
    static final Key<Signal> SIGNAL_REBOOT =
            new Key<>("reboot", KernelScalars.SIGNAL, "Signal that asks PID 1 to reboot", "SIGINT");
    static final Key<Signal> SIGNAL_STOP =
            new Key<>("stop", KernelScalars.SIGNAL, "Signal that kills the box", "SIGKILL");
    static final Key<Long> SIGNAL_TIMEOUT =
            new Key<>("timeout", Scalars.number(0, 10_000_000), "Seconds that jbox stop waits for it to halt", "10");
    static final Key<Section> SIGNAL =
            section("signal", "Signals", SIGNAL_HALT, SIGNAL_REBOOT, SIGNAL_STOP, SIGNAL_TIMEOUT);

    static final Key<Long> TTY_MAX = new Key<>("max", Scalars.number(0, 64), "Number of virtual terminals (ttyN)", "0");
    static final Key<Section> TTY = section("tty", "Virtual terminals", TTY_MAX);
    static final Key<Long> PTY_MAX =
            new Key<>("max", Scalars.number(0, 1_048_576), "Maximum number of pseudo terminals", "1024");
    static final Key<Section> PTY = section("pty", "Pseudo terminals", PTY_MAX);
    static final Key<Boolean> AUTODEV = new Key<>("autodev", Scalars.BOOL, "Whether jbox sets up /dev", "true");

    static final Key<Map<String, Value<Limit>>> PRLIMIT = new Key<>(
            "prlimit",
            Table.of(
                    Scalars.word(
                            "as",
                            "core",
                            "cpu",
                            "data",
                            "fsize",
                            "locks",
                            "memlock",
                            "msgqueue",
                            "nice",
                            "nofile",
                            "nproc",
                            "rss",
                            "rtprio",
                            "rttime",
                            "sigpending",
                            "stack"),
                    KernelScalars.LIMIT),
            "Resource limits: SOFT[:HARD], each a number or unlimited");
    static final Key<Map<String, Value<String>>> SYSCTL = new Key<>(
            "sysctl",
            Table.dotted(KernelScalars.SYSCTL_NAME, Scalars.TEXT),
            "Kernel parameters of the box's own namespaces");

    static final Key<List<Value<Namespace>>> NAMESPACE_CLONE = new Key<>(
            "clone",
            new Sequence<>(KernelScalars.NAMESPACE, Sequence.Separator.SPACE),
            "The namespaces that are new for the box; it shares all others with the caller");
    static final Key<List<Value<Namespace>>> NAMESPACE_KEEP = new Key<>(
            "keep",
            new Sequence<>(KernelScalars.NAMESPACE, Sequence.Separator.SPACE),
            "Namespaces to share with the caller");
    static final Key<Section> NAMESPACE = section("namespace", "Namespaces", NAMESPACE_CLONE, NAMESPACE_KEEP);

    static final Key<List<Value<IdMapping>>> IDMAP = new Key<>(
            "idmap",
            list(KernelScalars.ID_MAPPING),
            "auto for a range that only this box has, u|g|b INSIDE OUTSIDE COUNT for ids of your choice (u users, g groups, b both), none for no user namespace: the box's root is then the host's root",
            "auto");

    static final Key<Long> HOOK_TIMEOUT =
            new Key<>("timeout", Scalars.number(1, 86_400), "Time limit of each hook in seconds", "60");
    static final Key<Section> HOOK = section(
            "hook",
            "Programs run at stages of the box's life",
            hook("pre-start", "Host programs that run before anything of the box is made"),
            hook(
                    "pre-mount",
                    "Programs that run in the box's new namespaces before its root file system is mounted; they see the host's files"),
            hook(
                    "mount",
                    "Programs that run when the box's file systems are mounted, before it enters its root; they see the host's files"),
            hook(
                    "autodev",
                    "Programs that run after the mount hooks, to fill /dev; they see the host's files. Only with autodev: true"),
            hook("start-host", "Host programs that run when the box is set up, before the start hooks and init"),
            hook("start", "Programs of the box that run in it just before init"),
            hook("stop", "Host programs that run when init has ended; the box's namespaces are still there"),
            hook("post-stop", "Host programs that run last, after the stop hooks, and also after a failed start"),
            hook("clone", "Host programs that run when the box is copied"),
            hook("destroy", "Host programs that run when the box is destroyed"),
            HOOK_TIMEOUT);

    static final Key<String> CONSOLE_PATH =
            new Key<>("path", Scalars.word("auto", "none"), "none gives the box no console", "auto");
    static final Key<String> CONSOLE_LOGFILE = new Key<>(
            "logfile", Scalars.PATH, "A file for the console's output, instead of the log that jbox logs shows");
    static final Key<Bytes> CONSOLE_SIZE = new Key<>(
            "size", Scalars.SIZE, "Maximum size of the console's log: bytes, or a number with k, M or G", "128k");
    static final Key<Boolean> CONSOLE_ROTATE =
            new Key<>("rotate", Scalars.BOOL, "Whether to keep one full log, with .1 after its name", "true");
    static final Key<Section> CONSOLE =
            section("console", "The console", CONSOLE_PATH, CONSOLE_LOGFILE, CONSOLE_SIZE, CONSOLE_ROTATE);

    static final Key<Boolean> START_AUTO =
            new Key<>("auto", Scalars.BOOL, "Whether jbox autostart starts the box", "false");
    static final Key<Long> START_DELAY =
            new Key<>("delay", Scalars.number(0, 86_400), "Seconds to wait after its start before the next one", "0");
    static final Key<Long> START_ORDER =
            new Key<>("order", Scalars.number(0, Integer.MAX_VALUE), "Boxes with a higher number start earlier", "0");
    static final Key<Section> START = section("start", "Start with the host", START_AUTO, START_DELAY, START_ORDER);
    static final Key<List<Value<String>>> GROUP = new Key<>(
            "group",
            commas(NameScalars.GROUP),
            "The groups of boxes that it belongs to, for jbox autostart and jbox ls");
    static final Key<Boolean> EPHEMERAL =
            new Key<>("ephemeral", Scalars.BOOL, "Whether the box is destroyed when it has stopped", "false");

    static final Key<String> LOG_LEVEL =
            new Key<>("level", Scalars.word("trace", "debug", "info", "warn", "error"), "Log level", "error");
    static final Key<String> LOG_FILE = new Key<>("file", Scalars.PATH, "The log file");
    static final Key<Section> LOG = section("log", "Logging", LOG_LEVEL, LOG_FILE);

    static final Key<String> DEV_FOLDER = new Key<>(
            "folder",
            Scalars.PATH,
            "Where the project's folder (the one that contains this file) is in the box; by default at the same path as on the host");
    static final Key<List<Value<String>>> DEV_CACHES = new Key<>(
            "caches",
            list(Scalars.PATH),
            "Folders of the host that the box shares, at the same place, made where they are missing; ~ is the developer's home");
    static final Key<List<Value<String>>> DEV_PASS = new Key<>(
            "pass",
            commas(NameScalars.VARIABLE),
            "Variables of the caller's environment that sessions get; git stands for the name and address that git knows, and SSH_AUTH_SOCK for the way to the developer's ssh-agent while a session lasts");
    static final Key<List<Value<PublishedPort>>> DEV_PORTS = new Key<>(
            "ports",
            list(NameScalars.PUBLISHED_PORT),
            "TCP ports of the box that can be reached at 127.0.0.1 on the host: PORT, or HOST:BOX; the program in the box must listen on 127.0.0.1 or on all addresses");
    static final Key<List<Value<String>>> DEV_PROTECT = new Key<>(
            "protect",
            list(Scalars.PATH),
            "Paths of the project that the box cannot write to; only those that exist when it starts");
    static final Key<List<Value<String>>> DEV_HIDE = new Key<>(
            "hide",
            list(Scalars.PATH),
            "Paths of the project that the box cannot read; only those that exist when it starts. If the host renames another file over one, it is no longer hidden");
    static final Key<Section> DEV = section(
            "dev",
            "An environment to work in, for jbox dev: the developer's own user, and the folder of the project",
            DEV_FOLDER,
            DEV_CACHES,
            DEV_PASS,
            DEV_PORTS,
            DEV_PROTECT,
            DEV_HIDE);

    static final Fields ROOT = new Fields(
            NAME,
            ARCH,
            INCLUDE,
            ROOTFS,
            UTS,
            INIT,
            ENVIRONMENT,
            NET,
            MOUNT,
            CAP,
            SECCOMP,
            APPARMOR,
            SELINUX,
            LIMITS,
            CGROUP,
            CGROUP2,
            NO_NEW_PRIVS,
            SIGNAL,
            TTY,
            PTY,
            AUTODEV,
            PRLIMIT,
            SYSCTL,
            NAMESPACE,
            IDMAP,
            HOOK,
            CONSOLE,
            START,
            GROUP,
            EPHEMERAL,
            LOG,
            DEV);

    private Keys() {}

    private static <T> Sequence<T> list(Type.Scalar<T> element) {
        return new Sequence<>(element, Sequence.Separator.NONE);
    }

    private static Sequence<String> commas(Type.Scalar<String> element) {
        return new Sequence<>(element, Sequence.Separator.SPACE_OR_COMMA);
    }

    private static Type.Scalar<Long> id() {
        return Scalars.number(0, 0xffff_fffeL);
    }

    private static Key<Section> section(String name, String about, Key<?>... keys) {
        return new Key<>(name, new Fields(keys), about);
    }

    private static Key<List<Value<String>>> hook(String name, String about) {
        return new Key<>(name, list(HOST_HOOKS.contains(name) ? Scalars.HOST_COMMAND : Scalars.TEXT), about);
    }

    /**
     * Finds a key.
     *
     * @param name a key's own name, or a dotted path with or without numbers for list elements
     * @return its dotted path, or null if there is none or it is at the top
     */
    static @Nullable String findPath(String name) {
        return findPath(ROOT, "", name.replaceAll("\\.[0-9]+(?=\\.)", ""));
    }

    /**
     * Shows how to write a table's entry.
     *
     * @param dotted its path, such as {@code sysctl.net.ipv4.ip_forward}
     * @return it as YAML, or null if there is no such table
     */
    static @Nullable String inTable(String dotted) {
        int dot = dotted.indexOf('.');
        if (dot < 0 || dot == dotted.length() - 1) {
            return null;
        }
        for (Key<?> key : ROOT.keys()) {
            boolean table =
                    key.type() instanceof Table<?> || key.type() instanceof Fields fields && fields.others() != null;
            if (table && key.name().equals(dotted.substring(0, dot)) && findPath(dotted) == null) {
                return key.name() + ": {" + dotted.substring(dot + 1) + ": ...}";
            }
        }
        return null;
    }

    private static @Nullable String findPath(Fields fields, String prefix, String name) {
        for (Key<?> key : fields.keys()) {
            String path = prefix + key.name();
            if (!prefix.isEmpty() && (path.equals(name) || key.name().equals(name))) {
                return path;
            }
            Type<?> type = key.type();
            Fields below = type instanceof Fields nested
                    ? nested
                    : type instanceof Sequence<?> list && list.element() instanceof Fields element ? element : null;
            String found = below == null ? null : findPath(below, path + ".", name);
            if (found != null) {
                return found;
            }
        }
        return null;
    }
}
