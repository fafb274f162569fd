package io.jbox.config;

import io.jbox.number.Bytes;
import io.jbox.problem.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a box: checked, complete with defaults, immutable.
 *
 * <pre>
 * name: bbox
 * rootfs: {template: busybox}
 * signal: {halt: SIGUSR1, reboot: SIGTERM}
 * net:
 *   - {type: empty, flags: up}
 * </pre>
 *
 * @param place the configuration as a whole
 * @param net never empty
 */
public record Config(
        Place place,
        Value<String> name,
        Rootfs rootfs,
        Init init,
        List<Net> net,
        Mounts mount,
        Confinement confinement,
        Resources resources,
        Signals signal,
        Terminals terminals,
        Namespaces namespaces,
        Hooks hooks,
        Start start,
        Log log,
        @Nullable Dev dev) {
    /**
     * The settings of a dev environment; null if the configuration has no {@code dev}.
     *
     * @param place of the section
     * @param developer the user who works there
     * @param project the project's folder on the host
     * @param folder its path in the box
     * @param caches folders that exist on the host and in the box, absolute
     * @param pass what sessions get from the caller's environment: names of variables, and git
     * @param ports on the host's loopback that lead to the box
     * @param absent paths to protect or hide that do not exist
     */
    public record Dev(
            Place place,
            Developer developer,
            String project,
            String folder,
            List<Value<String>> caches,
            List<Value<String>> pass,
            List<Value<PublishedPort>> ports,
            List<Value<String>> absent) {
        /** The variable that names the socket of the developer's ssh-agent(1). */
        public static final String AGENT = "SSH_AUTH_SOCK";

        /** The folder in the box with each session's socket that leads to the agent. */
        public static final String AGENTS = "/run/jbox-agent";

        /** Whether sessions get one of the caller's variables. */
        public boolean passes(String variable) {
            for (Value<String> name : pass) {
                if (name.get().equals(variable)) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * @param path absolute
     * @param options mount options by name
     * @param template that makes it if it is missing, or null
     * @param image below the box's own files, or null
     */
    public record Rootfs(
            Value<RootfsPath> path,
            List<Value<String>> options,
            @Nullable Template template,
            @Nullable Image image) {
        /** The image that a lock can record; null if there is none. */
        public @Nullable Image lockable() {
            return image != null ? image : template == null ? null : template.locked();
        }
    }

    /**
     * @param name busybox
     * @param locked the image to copy instead of running the script on this host; null without a lock
     * @param tree the folder of that tree
     */
    public record Template(Value<String> name, @Nullable Image locked, String tree) {}

    /**
     * @param name of the image; with steps, of the image that they have made
     * @param base the configured image
     * @param steps that complete it
     * @param manifest its digest
     * @param tree the hash of its tree
     * @param userLink where the tree's store notes that the box uses it
     * @param pinned whether that is noted already
     * @param ephemeral whether the box's own files are removed when its command has ended
     */
    public record Image(
            Value<ImageName> name,
            ImageName base,
            TreeSteps steps,
            String manifest,
            String tree,
            String userLink,
            boolean pinned,
            boolean ephemeral) {}

    /**
     * @param cmd the program and its arguments, at least one
     * @param place of cmd as a whole
     * @param cwd in the box
     * @param system systemd or other
     * @param environment {@code NAME=VALUE} each
     * @param arch null for any
     */
    public record Init(
            List<Value<String>> cmd,
            Place place,
            Value<Long> uid,
            Value<Long> gid,
            List<Value<Long>> groups,
            Value<String> cwd,
            Value<String> system,
            List<Value<String>> environment,
            @Nullable Value<String> arch) {
        /** Whether init is systemd and gets what that requires. */
        public boolean isSystemd() {
            return system.get().equals("systemd");
        }
    }

    /**
     * @param entries of mount.fstab first, then of mount.entry, as LXC has it
     * @param hidepid of /proc
     * @param autodev whether the box has a /dev of its own
     */
    public record Mounts(
            List<Value<String>> auto, List<Value<MountEntry>> entries, Value<String> hidepid, Value<Boolean> autodev) {}

    /**
     * The restrictions of the box's programs.
     *
     * @param seccomp default, none, or the absolute path of a profile
     * @param appArmor generated, unconfined, or the name of a profile
     * @param selinux the context of its programs; null for the host's choice
     */
    public record Confinement(
            Capabilities cap,
            Value<String> seccomp,
            Value<String> appArmor,
            @Nullable Value<String> selinux,
            Value<Boolean> noNewPrivs) {}

    /**
     * The host's resources that the box may use, and kernel settings for it.
     *
     * @param cgroup1 contents for files of the box's version 1 cgroups, by name
     * @param cgroup2 contents for files of the box's version 2 cgroup, by name
     * @param prlimit by the resource's name in lower case
     * @param sysctl by name with dots
     */
    public record Resources(
            Limits limits,
            Devices devices,
            Map<String, Value<String>> cgroup1,
            Map<String, Value<String>> cgroup2,
            Map<String, Value<Limit>> prlimit,
            Map<String, Value<String>> sysctl) {}

    /**
     * The settings of cap.add, cap.drop and cap.keep.
     *
     * @param add to the default set
     * @param keep null if the default set is kept
     */
    public record Capabilities(
            List<Value<Capability>> add,
            List<Value<Capability>> drop,
            @Nullable List<Value<Capability>> keep,
            Place place) {
        /** Whether the box's programs may have a capability outside of the default set. */
        public boolean allows(Capability capability) {
            return (has(add, capability) || keep != null && has(keep, capability)) && !has(drop, capability);
        }

        private static boolean has(List<Value<Capability>> written, Capability capability) {
            for (Value<Capability> value : written) {
                if (value.get() == capability) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * The limits on the box's use of resources.
     *
     * @param memory null for any
     * @param cpus thousandths of a processor, or null for any
     * @param pids processes and threads; -1 for any
     */
    public record Limits(
            @Nullable Value<Bytes> memory, @Nullable Value<Long> cpus, Value<Long> pids) {}

    /**
     * Rules for devices, however the box got their nodes.
     *
     * @param allow in addition to the usual devices
     * @param deny overrides what is allowed
     */
    public record Devices(List<Value<DeviceRule>> allow, List<Value<DeviceRule>> deny, Place place) {}

    /** @param timeout in seconds, for halting */
    public record Signals(Value<Signal> halt, Value<Signal> reboot, Value<Signal> stop, Value<Long> timeout) {}

    /**
     * @param fresh the box's new namespaces, without user, which depends on idmap
     * @param utsName the name of its host
     */
    public record Namespaces(List<Namespace> fresh, Place place, List<Value<IdMapping>> idmap, Value<String> utsName) {}

    /**
     * @param commands shell commands by stage, each stage with at least one
     * @param timeout in seconds, for each command
     */
    public record Hooks(Map<String, List<Value<String>>> commands, Value<Long> timeout) {
        /** The commands of a stage, in order. */
        public List<Value<String>> of(String stage) {
            return commands.getOrDefault(stage, List.of());
        }
    }

    /**
     * @param exists whether the box has a console
     * @param logfile null if it is kept with the box's state
     * @param size of the log
     * @param rotate whether one previous log is kept
     */
    public record Console(
            Value<Boolean> exists, @Nullable Value<String> logfile, Value<Bytes> size, Value<Boolean> rotate) {}

    /**
     * @param ttyMax how many terminals it has besides the console
     * @param ptyMax how many pseudo terminals can be made in it
     */
    public record Terminals(Console console, Value<Long> ttyMax, Value<Long> ptyMax) {}

    /**
     * @param delay in seconds
     * @param order higher values start earlier
     * @param groups names of groups of boxes
     * @param ephemeral whether it is destroyed when it has stopped
     */
    public record Start(
            Value<Boolean> auto,
            Value<Long> delay,
            Value<Long> order,
            List<Value<String>> groups,
            Value<Boolean> ephemeral) {}

    /** @param file null for standard error */
    public record Log(Value<String> level, @Nullable Value<String> file) {}

    /**
     * Returns the configuration with the host's choice of ids for {@code idmap: auto}.
     *
     * @param ids at least one for users and one for groups
     */
    public Config withIds(List<IdMapping> ids) {
        if (!leavesIdsToHost()) {
            return this;
        }
        List<Value<IdMapping>> mappings = new ArrayList<>();
        for (IdMapping mapping : ids) {
            mappings.add(new Value<>(mapping, namespaces.idmap().get(0).place()));
        }
        Namespaces chosen =
                new Namespaces(namespaces.fresh(), namespaces.place(), List.copyOf(mappings), namespaces.utsName());
        return new Config(
                place,
                name,
                rootfs,
                init,
                net,
                mount,
                confinement,
                resources,
                signal,
                terminals,
                chosen,
                hooks,
                start,
                log,
                dev);
    }

    /** The host paths that the box uses: its root file system with all layers, and its bind mounts. */
    public List<String> hostTrees() {
        RootfsPath path = rootfs.path().get();
        List<String> trees = new ArrayList<>(path.lowers());
        trees.add(path.path());
        for (Value<MountEntry> entry : mount.entries()) {
            if (entry.get().isBind() && entry.get().source().startsWith("/")) {
                trees.add(entry.get().source());
            }
        }
        return trees;
    }

    /** Whether the files of the root file system belong to the box's ids on the host, too. */
    public boolean shifts() {
        for (Value<String> option : rootfs.options()) {
            if (option.get().equals("shift")) {
                return true;
            }
        }
        return false;
    }

    /** Whether the host chooses the ids of its user namespace. */
    public boolean leavesIdsToHost() {
        List<Value<IdMapping>> idmap = namespaces.idmap();
        return !idmap.isEmpty() && idmap.get(0).get() == IdMapping.AUTO;
    }

    public boolean hasUserNamespace() {
        List<Value<IdMapping>> idmap = namespaces.idmap();
        return !idmap.isEmpty() && idmap.get(0).get() != IdMapping.NONE;
    }

    /** Whether the box gets a new namespace of a type. */
    public boolean has(Namespace namespace) {
        return namespaces.fresh().contains(namespace);
    }
}
