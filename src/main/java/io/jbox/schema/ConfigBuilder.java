package io.jbox.schema;

import io.jbox.config.Config;
import io.jbox.config.DeviceRule;
import io.jbox.config.Namespace;
import io.jbox.config.Net;
import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
     * @param image of the box; null if it has none
     * @param dev the dev environment; null if the box is none
     * @throws JboxException with all problems, if there are any
     */
    Config build(
            String name,
            @Nullable String rootfs,
            UnaryOperator<String> roots,
            ImageSource.@Nullable Known image,
            Config.@Nullable Dev dev) {
        Value<String> boxName = root.find(Keys.NAME);
        if (boxName == null) {
            boxName = Value.ofDefault(name);
        }
        Value<String> utsName = root.section(Keys.UTS).find(Keys.UTS_NAME);
        NamespaceBuilder own = new NamespaceBuilder(root, problems);
        List<Net> net = new NetBuilder(root, problems).build();
        Config.Namespaces namespaces =
                own.namespaces(net, utsName == null ? Value.ofDefault(hostName(boxName.get())) : utsName);
        Config config = new Config(
                root.place(),
                boxName,
                rootfs(rootfs, roots, image),
                init(),
                net,
                new MountBuilder(root, fstab, problems).build(),
                confinement(),
                resources(own.sysctl(namespaces)),
                signals(),
                terminals(),
                namespaces,
                hooks(),
                start(),
                log(),
                dev);
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

    private Config.Rootfs rootfs(
            @Nullable String ownRootfs, UnaryOperator<String> roots, ImageSource.@Nullable Known image) {
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
            path = new Value<>(ConfigPaths.absolute(path.get(), path.place(), roots), path.place());
        }
        List<Value<String>> commands = section.list(Keys.ROOTFS_STEPS);
        boolean layered = DebianScalars.imageOf(section) != null;
        if (!layered && !commands.isEmpty()) {
            problems.add(new Problem(
                    "rootfs.steps: there is no image or Debian that they would complete",
                    commands.get(0).place(),
                    "rootfs: {debian: {suite: bookworm}, steps: [...]}"));
        }
        if (image == null || !layered) {
            return new Config.Rootfs(
                    path,
                    section.list(Keys.ROOTFS_OPTIONS),
                    template == null || layered
                            ? null
                            : new Config.Template(
                                    template, image == null ? null : image.image(), image == null ? "" : image.tree()),
                    null);
        }
        if (path.get().isOverlay()) {
            problems.add(new Problem(
                    "rootfs.path: with rootfs.image, this must be one folder for the box's own files, not an overlay",
                    path.place()));
        }
        RootfsPath over = new RootfsPath(List.of(image.tree()), path.get().path());
        return new Config.Rootfs(
                new Value<>(
                        over, path.place().isDefault() ? image.image().name().place() : path.place()),
                section.list(Keys.ROOTFS_OPTIONS),
                null,
                image.image());
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
                section.get(Keys.INIT_SYSTEM),
                root.list(Keys.ENVIRONMENT),
                root.find(Keys.ARCH));
    }

    private Config.Confinement confinement() {
        return new Config.Confinement(
                new CapabilityBuilder(root, problems).build(),
                seccomp(),
                root.section(Keys.APPARMOR).get(Keys.APPARMOR_PROFILE),
                root.section(Keys.SELINUX).find(Keys.SELINUX_CONTEXT),
                root.get(Keys.NO_NEW_PRIVS));
    }

    private Config.Resources resources(Map<String, Value<String>> sysctl) {
        Section limits = root.section(Keys.LIMITS);
        return new Config.Resources(
                new Config.Limits(
                        limits.find(Keys.LIMITS_MEMORY), limits.find(Keys.LIMITS_CPUS), limits.get(Keys.LIMITS_PIDS)),
                devices(),
                root.section(Keys.CGROUP).table(Keys.CGROUP1_FILES),
                root.table(Keys.CGROUP2),
                root.table(Keys.PRLIMIT),
                sysctl);
    }

    private Config.Signals signals() {
        Section section = root.section(Keys.SIGNAL);
        return new Config.Signals(
                section.get(Keys.SIGNAL_HALT),
                section.get(Keys.SIGNAL_REBOOT),
                section.get(Keys.SIGNAL_STOP),
                section.get(Keys.SIGNAL_TIMEOUT));
    }

    private Config.Terminals terminals() {
        return new Config.Terminals(
                console(),
                root.section(Keys.TTY).get(Keys.TTY_MAX),
                root.section(Keys.PTY).get(Keys.PTY_MAX));
    }

    private Config.Start start() {
        Section section = root.section(Keys.START);
        return new Config.Start(
                section.get(Keys.START_AUTO),
                section.get(Keys.START_DELAY),
                section.get(Keys.START_ORDER),
                root.list(Keys.GROUP),
                root.get(Keys.EPHEMERAL));
    }

    private Config.Log log() {
        Section section = root.section(Keys.LOG);
        Value<String> file = section.find(Keys.LOG_FILE);
        return new Config.Log(section.get(Keys.LOG_LEVEL), file == null ? null : ConfigPaths.absolute(file));
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
        return word ? profile : ConfigPaths.absolute(profile);
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
                logfile == null ? null : ConfigPaths.absolute(logfile),
                section.get(Keys.CONSOLE_SIZE),
                section.get(Keys.CONSOLE_ROTATE));
    }
}
