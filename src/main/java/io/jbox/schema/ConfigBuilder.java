package io.jbox.schema;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.DeviceRule;
import io.jbox.config.IdMapping;
import io.jbox.config.MountEntry;
import io.jbox.config.Namespace;
import io.jbox.config.Net;
import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import java.io.File;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Turns a checked {@link Section} into a {@link Config}: fills in defaults that depend on other values, makes paths
 * absolute, and refuses impossible combinations.
 */
final class ConfigBuilder {
    private final Section root;
    private final Fstab fstab;
    private final List<Problem> problems;
    private UnaryOperator<String> roots = UnaryOperator.identity();

    /** @param problems receives the problems found */
    ConfigBuilder(Section root, Fstab fstab, List<Problem> problems) {
        this.root = root;
        this.fstab = fstab;
        this.problems = problems;
    }

    /**
     * @param name of the box if the configuration has none
     * @param rootfs of the box if the configuration has none; null if it must have one
     * @param roots finds the root file system of a box by its name
     * @throws JboxException with all problems, if there are any
     */
    Config build(String name, @Nullable String rootfs, UnaryOperator<String> roots) {
        this.roots = roots;
        Value<String> boxName = root.find(Keys.NAME);
        if (boxName == null) {
            boxName = Value.ofDefault(name);
        }
        Value<String> utsName = root.section(Keys.UTS).find(Keys.UTS_NAME);
        Section signal = root.section(Keys.SIGNAL);
        Section log = root.section(Keys.LOG);
        Section start = root.section(Keys.START);
        Value<String> logFile = log.find(Keys.LOG_FILE);
        List<Value<IdMapping>> idmap = idmap();
        List<Net> net = new NetBuilder(root, problems).build();
        Config.Namespaces namespaces = namespaces(net, idmap.get(0).get() != IdMapping.NONE);
        Config config = new Config(
                root.place(),
                boxName,
                root.find(Keys.ARCH),
                rootfs(rootfs),
                utsName == null ? Value.ofDefault(hostName(boxName.get())) : utsName,
                init(),
                root.list(Keys.ENVIRONMENT),
                net,
                mounts(),
                capabilities(),
                seccomp(),
                root.section(Keys.APPARMOR).get(Keys.APPARMOR_PROFILE),
                root.section(Keys.SELINUX).find(Keys.SELINUX_CONTEXT),
                limits(),
                devices(),
                root.section(Keys.CGROUP).table(Keys.CGROUP1_FILES),
                root.table(Keys.CGROUP2),
                root.get(Keys.NO_NEW_PRIVS),
                new Config.Signals(
                        signal.get(Keys.SIGNAL_HALT),
                        signal.get(Keys.SIGNAL_REBOOT),
                        signal.get(Keys.SIGNAL_STOP),
                        signal.get(Keys.SIGNAL_TIMEOUT)),
                root.section(Keys.TTY).get(Keys.TTY_MAX),
                root.section(Keys.PTY).get(Keys.PTY_MAX),
                root.get(Keys.AUTODEV),
                root.table(Keys.PRLIMIT),
                sysctl(namespaces),
                namespaces,
                idmap,
                hooks(),
                console(),
                new Config.Start(start.get(Keys.START_AUTO), start.get(Keys.START_DELAY), start.get(Keys.START_ORDER)),
                root.list(Keys.GROUP),
                root.get(Keys.EPHEMERAL),
                new Config.Log(log.get(Keys.LOG_LEVEL), logFile == null ? null : absolute(logFile)));
        if (utsName != null && !namespaces.fresh().contains(Namespace.UTS)) {
            problems.add(new Problem("uts.name: the box shares the host's uts namespace", utsName.place()));
        }
        if (!problems.isEmpty()) {
            problems.sort(Comparator.comparingInt(ConfigBuilder::line).thenComparingInt(ConfigBuilder::column));
            throw new JboxException(problems, JboxException.FAILED);
        }
        return config;
    }

    private static int line(Problem problem) {
        return problem.place() == null ? 0 : problem.place().line();
    }

    private static int column(Problem problem) {
        return problem.place() == null ? 0 : problem.place().column();
    }

    /** Box names may contain characters that host names may not. */
    private static String hostName(String boxName) {
        String name = boxName.replace('_', '-');
        while (name.endsWith("-") || name.endsWith(".")) {
            name = name.substring(0, name.length() - 1);
        }
        return name;
    }

    private Config.Rootfs rootfs(@Nullable String ownRootfs) {
        Section section = root.section(Keys.ROOTFS);
        Value<RootfsPath> path = section.find(Keys.ROOTFS_PATH);
        Value<String> template = section.find(Keys.ROOTFS_TEMPLATE);
        if (path == null && ownRootfs != null) {
            path = Value.ofDefault(new RootfsPath(List.of(), ownRootfs));
        } else if (path == null) {
            problems.add(new Problem(
                    "rootfs.path is missing",
                    root.place(),
                    "\"rootfs: {path: DIR}\", or \"rootfs: {template: busybox}\""));
            path = Value.ofDefault(new RootfsPath(List.of(), "/"));
        } else {
            path = new Value<>(absolute(path.get(), path.place()), path.place());
        }
        return new Config.Rootfs(path, section.list(Keys.ROOTFS_OPTIONS), template);
    }

    private RootfsPath absolute(RootfsPath path, Place place) {
        List<String> lowers = new ArrayList<>();
        for (String lower : path.lowers()) {
            lowers.add(tree(lower, place));
        }
        return new RootfsPath(List.copyOf(lowers), tree(path.path(), place));
    }

    /** Resolves {@code box:NAME} to the default root file system of that box. */
    private String tree(String path, Place place) {
        return path.startsWith(RootfsPath.BOX)
                ? roots.apply(path.substring(RootfsPath.BOX.length()))
                : absolute(path, place);
    }

    private static Value<String> absolute(Value<String> path) {
        return new Value<>(absolute(path.get(), path.place()), path.place());
    }

    /** Makes a path absolute; relative paths are relative to the file that contains them. */
    static String absolute(String path, Place place) {
        if (path.startsWith("/")) {
            return path;
        }
        File folder = place.line() == 0 || place.source().name().equals(Assignment.SOURCE)
                ? new File("").getAbsoluteFile()
                : new File(place.source().name()).getAbsoluteFile().getParentFile();
        return new File(folder, path).getPath();
    }

    private Config.Init init() {
        Section section = root.section(Keys.INIT);
        List<Value<String>> cmd = section.list(Keys.INIT_CMD);
        Place place = section.get(Keys.INIT_CMD).place();
        if (cmd.isEmpty()) {
            problems.add(new Problem("init.cmd is empty", place));
        } else if (!cmd.get(0).get().startsWith("/")) {
            problems.add(new Problem(
                    "init.cmd: \"" + cmd.get(0).get() + "\" is not an absolute path",
                    place,
                    "it is a path in the box, and PATH is not searched: write a path such as /sbin/"
                            + cmd.get(0).get().substring(cmd.get(0).get().lastIndexOf('/') + 1)));
        }
        Value<String> cwd = section.get(Keys.INIT_CWD);
        if (!cwd.get().startsWith("/")) {
            problems.add(new Problem("init.cwd: \"" + cwd.get() + "\" is not an absolute path", cwd.place()));
        }
        return new Config.Init(
                cmd,
                place,
                section.get(Keys.INIT_UID),
                section.get(Keys.INIT_GID),
                section.list(Keys.INIT_GROUPS),
                cwd,
                section.get(Keys.INIT_SYSTEM));
    }

    private Config.Mounts mounts() {
        Section section = root.section(Keys.MOUNT);
        Set<String> kinds = new HashSet<>();
        for (Value<String> auto : section.list(Keys.MOUNT_AUTO)) {
            int colon = auto.get().indexOf(':');
            String kind = colon < 0 ? auto.get() : auto.get().substring(0, colon);
            if (!kinds.add(kind)) {
                problems.add(new Problem("mount.auto: " + kind + " is given twice", auto.place()));
            }
        }
        List<Value<MountEntry>> entries = new ArrayList<>();
        Value<String> file = section.find(Keys.MOUNT_FSTAB);
        if (file != null) {
            entries.addAll(fstab.read(absolute(file), problems));
        }
        entries.addAll(section.list(Keys.MOUNT_ENTRY));
        List<Value<MountEntry>> resolved = new ArrayList<>();
        for (Value<MountEntry> entry : entries) {
            MountEntry line = entry.get();
            String source = line.isBind() ? absolute(line.source(), entry.place()) : line.source();
            resolved.add(
                    new Value<>(new MountEntry(source, line.target(), line.type(), line.options()), entry.place()));
        }
        List<Value<String>> auto = new ArrayList<>(section.list(Keys.MOUNT_AUTO));
        Value<String> system = root.section(Keys.INIT).get(Keys.INIT_SYSTEM);
        if (system.get().equals("systemd")) {
            addForSystemd(system.place(), kinds, auto, resolved);
        }
        return new Config.Mounts(List.copyOf(auto), List.copyOf(resolved), section.get(Keys.MOUNT_HIDEPID));
    }

    /**
     * Adds what systemd requires of a container manager (systemd.io/CONTAINER_INTERFACE): a writable cgroup, and /run,
     * which it would mount itself if permitted.
     */
    private static void addForSystemd(
            Place place, Set<String> kinds, List<Value<String>> auto, List<Value<MountEntry>> entries) {
        if (!kinds.contains("cgroup")) {
            auto.add(new Value<>("cgroup:rw", place));
        }
        int at = 0;
        for (MountEntry entry : List.of(
                new MountEntry("tmpfs", "run", "tmpfs", List.of("nosuid", "nodev", "mode=0755")),
                new MountEntry(
                        "tmpfs",
                        "run/lock",
                        "tmpfs",
                        List.of("nosuid", "nodev", "noexec", "mode=1777", "size=5m", "create=dir")))) {
            boolean written = false;
            for (Value<MountEntry> other : entries) {
                written |= other.get().target().equals(entry.target());
            }
            if (!written) {
                entries.add(at++, new Value<>(entry, place));
            }
        }
    }

    private Config.Capabilities capabilities() {
        Section section = root.section(Keys.CAP);
        Value<List<Value<String>>> keep = section.find(Keys.CAP_KEEP);
        Value<List<Value<Capability>>> drop = section.find(Keys.CAP_DROP);
        if (keep != null && drop != null) {
            problems.add(
                    new Problem("cap: keep and drop exclude each other", keep.place(), "drop is at " + drop.place()));
        }
        if (keep != null && section.find(Keys.CAP_ADD) != null) {
            problems.add(new Problem(
                    "cap: add and keep exclude each other",
                    section.get(Keys.CAP_ADD).place(),
                    "keep is the whole set: put it there"));
        }
        List<Value<Capability>> kept = null;
        if (keep != null) {
            kept = new ArrayList<>();
            for (Value<String> value : keep.get()) {
                if (!value.get().equals("none")) {
                    kept.add(new Value<>(Capability.valueOf(value.get().substring(4)), value.place()));
                } else if (keep.get().size() > 1) {
                    problems.add(new Problem("cap.keep: none must be alone", value.place()));
                }
            }
        }
        List<Value<Capability>> added = new ArrayList<>(section.list(Keys.CAP_ADD));
        Value<String> system = root.section(Keys.INIT).get(Keys.INIT_SYSTEM);
        boolean user = root.list(Keys.IDMAP).get(0).get() != IdMapping.NONE;
        if (system.get().equals("systemd") && user && keep == null) {
            // From version 257 on it needs the capability for every unit with a user and a filter.
            added.add(new Value<>(Capability.SYS_ADMIN, system.place()));
        }
        return new Config.Capabilities(
                List.copyOf(added),
                section.list(Keys.CAP_DROP),
                kept == null ? null : List.copyOf(kept),
                section.place());
    }

    private Config.Limits limits() {
        Section section = root.section(Keys.LIMITS);
        return new Config.Limits(
                section.find(Keys.LIMITS_MEMORY), section.find(Keys.LIMITS_CPUS), section.get(Keys.LIMITS_PIDS));
    }

    private Config.Devices devices() {
        Section section = root.section(Keys.CGROUP).section(Keys.DEVICES);
        List<Value<DeviceRule>> allow = section.list(Keys.DEVICES_ALLOW);
        List<Value<DeviceRule>> deny = section.list(Keys.DEVICES_DENY);
        Place place = !deny.isEmpty()
                ? deny.get(0).place()
                : !allow.isEmpty() ? allow.get(0).place() : Place.DEFAULT;
        return new Config.Devices(allow, deny, place);
    }

    private Value<String> seccomp() {
        Value<String> profile = root.section(Keys.SECCOMP).get(Keys.SECCOMP_PROFILE);
        boolean word = profile.get().equals("default") || profile.get().equals("none");
        return word ? profile : absolute(profile);
    }

    private Config.Namespaces namespaces(List<Net> net, boolean user) {
        Section section = root.section(Keys.NAMESPACE);
        Value<List<Value<Namespace>>> clone = section.find(Keys.NAMESPACE_CLONE);
        Value<List<Value<Namespace>>> keep = section.find(Keys.NAMESPACE_KEEP);
        if (clone != null && keep != null) {
            problems.add(new Problem(
                    "namespace: clone and keep exclude each other", keep.place(), "clone is at " + clone.place()));
        }
        Set<Namespace> fresh =
                EnumSet.of(Namespace.MNT, Namespace.PID, Namespace.UTS, Namespace.IPC, Namespace.NET, Namespace.CGROUP);
        Place place = section.place();
        if (clone != null) {
            fresh.clear();
            for (Value<Namespace> value : clone.get()) {
                fresh.add(value.get());
            }
            place = clone.place();
        }
        if (keep != null) {
            for (Value<Namespace> value : keep.get()) {
                fresh.remove(value.get());
            }
            place = keep.place();
        }
        if (fresh.remove(Namespace.USER) && !user) {
            problems.add(new Problem("namespace: user needs an idmap", place, "\"idmap: auto\""));
        }
        if (!fresh.contains(Namespace.MNT) || !fresh.contains(Namespace.PID)) {
            problems.add(new Problem("namespace: mnt and pid are always the box's own", place));
        }
        boolean none = !net.isEmpty() && net.get(0).type().get().equals("none");
        if (none) {
            if (clone != null && fresh.contains(Namespace.NET)) {
                problems.add(new Problem("namespace: net is cloned and net says type none", place));
            }
            fresh.remove(Namespace.NET);
        } else if (!fresh.contains(Namespace.NET)) {
            boolean written = !net.isEmpty() && !net.get(0).type().place().isDefault();
            if (written) {
                problems.add(new Problem(
                        "net: the box shares the host's net namespace",
                        net.get(0).type().place(),
                        "type none, or clone net"));
            }
        }
        return new Config.Namespaces(List.copyOf(fresh), place);
    }

    private Map<String, Value<String>> sysctl(Config.Namespaces namespaces) {
        Map<String, Value<String>> sysctl = new LinkedHashMap<>();
        for (Map.Entry<String, Value<String>> entry : root.table(Keys.SYSCTL).entrySet()) {
            String name = entry.getKey().replace('/', '.');
            Place place = entry.getValue().place();
            Namespace owner = Sysctls.owner(name);
            if (owner == null) {
                problems.add(new Problem(
                        "sysctl: " + name + " belongs to the whole host",
                        place,
                        "only parameters of the box's own namespaces can be set: " + Sysctls.KNOWN));
            } else if (!namespaces.fresh().contains(owner)) {
                problems.add(new Problem(
                        "sysctl: " + name + " belongs to the " + owner.label() + " namespace, which is the host's",
                        place));
            }
            sysctl.put(name, entry.getValue());
        }
        return sysctl;
    }

    private List<Value<IdMapping>> idmap() {
        List<Value<IdMapping>> mappings = root.list(Keys.IDMAP);
        for (Value<IdMapping> mapping : mappings) {
            boolean word = mapping.get() == IdMapping.NONE || mapping.get() == IdMapping.AUTO;
            if (word && mappings.size() > 1) {
                problems.add(new Problem("idmap: " + mapping.get() + " must be alone", mapping.place()));
            }
        }
        refuseWithoutRoot(mappings);
        return mappings;
    }

    /** Refuses id maps without the box's root, which the first process needs to set up the box. */
    private void refuseWithoutRoot(List<Value<IdMapping>> mappings) {
        boolean users = false;
        boolean groups = false;
        for (Value<IdMapping> mapping : mappings) {
            if (mapping.get() == IdMapping.NONE || mapping.get() == IdMapping.AUTO) {
                return;
            }
            users |= mapping.get().inside() == 0 && mapping.get().mapsUsers();
            groups |= mapping.get().inside() == 0 && mapping.get().mapsGroups();
        }
        if (!users || !groups) {
            problems.add(new Problem(
                    "idmap: the box has no root " + (users ? "group" : "user"),
                    mappings.get(0).place(),
                    "map id 0 as well, such as \"" + (users ? "g" : "u") + " 0 100000 1000\""));
        }
    }

    private Config.Hooks hooks() {
        Map<String, List<Value<String>>> hooks = new LinkedHashMap<>();
        Section section = root.section(Keys.HOOK);
        for (Key<?> key : section.type().keys()) {
            if (key == Keys.HOOK_TIMEOUT) {
                continue;
            }
            @SuppressWarnings("unchecked") // every other key of this section is made by Keys.hook
            Key<List<Value<String>>> stage = (Key<List<Value<String>>>) key;
            if (!section.list(stage).isEmpty()) {
                hooks.put(stage.name(), section.list(stage));
            }
        }
        return new Config.Hooks(hooks, section.get(Keys.HOOK_TIMEOUT));
    }

    private Config.Console console() {
        Section section = root.section(Keys.CONSOLE);
        Value<String> path = section.get(Keys.CONSOLE_PATH);
        Value<String> logfile = section.find(Keys.CONSOLE_LOGFILE);
        return new Config.Console(
                new Value<>(!path.get().equals("none"), path.place()),
                logfile == null ? null : absolute(logfile),
                section.get(Keys.CONSOLE_SIZE),
                section.get(Keys.CONSOLE_ROTATE));
    }
}
