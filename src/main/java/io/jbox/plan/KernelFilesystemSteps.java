package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Namespace;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.program.Actor;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Mounts /proc and /sys, and hides parts of them.
 *
 * <p>nosuid, nodev and noexec stay on every mount of a part of them: attributes are added, never replaced. (A remount
 * with mount(2) loses those it does not name, as it does in LXC.)
 */
final class KernelFilesystemSteps {
    private static final List<Flag> BARE = List.of(MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC);
    private static final List<Flag> READ_ONLY = List.of(MOUNT_ATTR_RDONLY);
    private static final String PING = "net.ipv4.ping_group_range";

    private final Config config;
    private final HostFacts facts;
    private @Nullable Descriptor emptyFolder;

    KernelFilesystemSteps(Config config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
    }

    void mount(List<Step> steps) {
        for (Value<String> auto : config.mount().auto()) {
            switch (auto.get()) {
                case "proc", "proc:mixed" -> proc(true, auto.place(), steps);
                case "proc:rw" -> proc(false, auto.place(), steps);
                case "sys", "sys:mixed" -> sys(true, config.has(Namespace.NET), auto.place(), steps);
                case "sys:ro" -> sys(true, false, auto.place(), steps);
                case "sys:rw" -> sys(false, false, auto.place(), steps);
                default -> cgroup(auto, steps);
            }
        }
        if (!config.resources().sysctl().isEmpty() && !hasProc()) {
            Value<String> first =
                    config.resources().sysctl().values().iterator().next();
            throw new JboxException(new Problem("sysctl needs /proc, which mount.auto does not mount", first.place()));
        }
    }

    /**
     * Mounts the box's cgroup and those below, as its cgroup namespace shows them. CgroupSteps has made the writable
     * parts belong to the box's root.
     */
    private void cgroup(Value<String> auto, List<Step> steps) {
        boolean unified = false;
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            unified |= hierarchy.unified();
        }
        if (!unified && facts.isOrdinary()) {
            throw new JboxException(new Problem(
                    (config.init().isSystemd() ? "init.system: systemd" : "mount.auto: " + auto.get())
                            + ": no cgroup of version 2 is given to this user",
                    auto.place(),
                    "systemd-run --user --scope -p Delegate=yes jbox start ..."));
        }
        if (!unified || !config.has(Namespace.CGROUP)) {
            throw new JboxException(new Problem(
                    "mount.auto: " + auto.get()
                            + ": the box has no cgroup namespace, or this host no cgroups of version 2",
                    auto.place()));
        }
        List<Flag> attributes = new ArrayList<>(BARE);
        if (!Grants.isDelegated(config)) {
            attributes.addAll(READ_ONLY);
        }
        Step.Draft step = Step.by(Actor.INIT, "mount \"cgroup2\" on \"/sys/fs/cgroup\"", auto.place());
        Descriptor mount = new Descriptor("cgroup");
        Descriptor target = new Descriptor("cgroup-target");
        MountCalls.make(step, mount, "cgroup2", List.of("source=cgroup"), attributes);
        MountCalls.openTarget(step, target, "sys/fs/cgroup", true);
        MountCalls.attach(step, mount, target);
        steps.add(step.hint(OPENAT2, Errno.ENOENT, "it is in /sys: put sys before it")
                .build());
    }

    private boolean hasProc() {
        for (Value<String> auto : config.mount().auto()) {
            if (auto.get().startsWith("proc")) {
                return true;
            }
        }
        return false;
    }

    private void proc(boolean mixed, Place place, List<Step> steps) {
        Step.Draft step = Step.by(Actor.INIT, "mount \"proc\" on \"/proc\"", place);
        Descriptor target = new Descriptor("proc-target");
        String hidepid = config.mount().hidepid().get();
        List<String> parameters =
                hidepid.equals("off") ? List.of("source=proc") : List.of("source=proc", "hidepid=" + hidepid);
        MountCalls.make(step, Descriptors.PROC, "proc", parameters, BARE);
        MountCalls.makeTarget(step, "proc");
        MountCalls.openTarget(step, target, "proc", true);
        MountCalls.attach(step, Descriptors.PROC, target);
        step.hint(OPENAT2, Errno.ENOENT, "the root file system has no folder /proc, and none can be created in it");
        step.hint(
                FSMOUNT,
                Errno.EPERM,
                "parts of the host's /proc are hidden by mounts, as in a container, or it is not mounted: the kernel then refuses a new /proc");
        steps.add(step.build());
        if (config.has(Namespace.NET) && !config.resources().sysctl().containsKey(PING)) {
            steps.add(sysctl(PING, "0 " + lastGroup(), Place.DEFAULT).optional().build());
        }
        for (Map.Entry<String, Value<String>> sysctl :
                config.resources().sysctl().entrySet()) {
            steps.add(sysctl(
                            sysctl.getKey(),
                            sysctl.getValue().get(),
                            sysctl.getValue().place())
                    .build());
        }
        if (mixed) {
            steps.add(readOnly("sys", config.has(Namespace.NET), place));
            for (String name : Masks.PROC_READ_ONLY) {
                if (has("/proc/" + name)) {
                    add(readOnly(name, false, place), Descriptors.PROC, name, steps);
                }
            }
        }
        List<String> files = new ArrayList<>(Masks.PROC_FILES);
        files.addAll(config.hasUserNamespace() ? List.of() : Masks.PROC_FILES_OF_ROOT);
        for (String name : files) {
            if (has("/proc/" + name)) {
                add(maskFile(name, place), Descriptors.PROC, name, steps);
            }
        }
        for (String name : Masks.PROC_FOLDERS) {
            maskFolder(Descriptors.PROC, "/proc/", name, place, steps);
        }
    }

    /** The last of the box's groups, counted from 0: members of these groups may ping (icmp(7)). */
    private long lastGroup() {
        if (!config.hasUserNamespace()) {
            return Integer.MAX_VALUE;
        }
        long next = 0;
        boolean found = true;
        while (found) {
            found = false;
            for (Value<IdMapping> value : config.namespaces().idmap()) {
                IdMapping mapping = value.get();
                if (mapping.mapsGroups() && mapping.inside() == next) {
                    next += mapping.count();
                    found = true;
                }
            }
        }
        return Math.max(0, Math.min(next - 1, Integer.MAX_VALUE));
    }

    private static Step.Draft sysctl(String name, String value, Place place) {
        Descriptor file = new Descriptor("sysctl-" + name);
        int length = value.getBytes(StandardCharsets.UTF_8).length;
        return Step.by(Actor.INIT, "set " + name + " to \"" + value + "\"", place)
                .open(
                        file,
                        OPENAT,
                        fd(Descriptors.PROC),
                        text("sys/" + name.replace('.', '/')),
                        flags(O_WRONLY, O_CLOEXEC))
                .call(WRITE, fd(file), text(value), number(length))
                .hint(OPENAT, Errno.ENOENT, "this kernel has no such parameter, or not one for each namespace")
                .hint(
                        WRITE,
                        Errno.EINVAL,
                        name.equals("net.ipv4.ping_group_range")
                                ? "only group ids that the box has: usually \"0 65535\" covers them"
                                : "the kernel refuses this value");
    }

    /** Makes a part of /proc read-only; the network part of /proc/sys stays writable if the box has its own network. */
    private Step readOnly(String name, boolean butNet, Place place) {
        Step.Draft step = Step.by(Actor.INIT, "make \"/proc/" + name + "\" read-only", place);
        Descriptor copy = new Descriptor("proc-" + name);
        Descriptor net = new Descriptor("proc-sys-net");
        if (butNet) {
            MountCalls.copy(step, net, fd(Descriptors.PROC), name + "/net", false);
        }
        MountCalls.copy(step, copy, fd(Descriptors.PROC), name, false);
        MountCalls.setAttributes(step, copy, false, READ_ONLY, List.of(), null);
        MountCalls.attach(step, copy, Descriptors.PROC, name);
        if (butNet) {
            MountCalls.attach(step, net, copy, "net");
        }
        return step.build();
    }

    private Step maskFile(String name, Place place) {
        Step.Draft step = Step.by(Actor.INIT, "mask \"/proc/" + name + "\"", place);
        Descriptor copy = new Descriptor("mask-" + name);
        if (config.mount().autodev().get()) {
            MountCalls.copy(step, copy, fd(Descriptors.DEV), "null", false);
        } else {
            MountCalls.copy(step, copy, cwd(), "/dev/null", false);
        }
        MountCalls.attach(step, copy, Descriptors.PROC, name);
        return step.build();
    }

    private boolean has(String path) {
        return facts.anyHost() || facts.exists(path);
    }

    /** Adds a step about something in a folder that a host may have. */
    private void add(Step step, Descriptor folder, String name, List<Step> steps) {
        steps.add(facts.anyHost() ? AnyHost.ifThere(step, folder, name) : step);
    }

    private void maskFolder(Descriptor folder, String prefix, String name, Place place, List<Step> steps) {
        if (!facts.anyHost()) {
            if (facts.exists(prefix + name)) {
                steps.add(maskFolder(folder, prefix, name, place));
            }
            return;
        }
        if (emptyFolder == null) {
            emptyFolder = new Descriptor("empty");
            Step.Draft step = Step.by(Actor.INIT, "make an empty folder", place);
            makeEmpty(step, emptyFolder);
            steps.add(step.build());
        }
        steps.add(AnyHost.maskFolder(emptyFolder, folder, prefix, name, place));
    }

    private static void makeEmpty(Step.Draft step, Descriptor folder) {
        List<Flag> attributes = new ArrayList<>(BARE);
        attributes.addAll(READ_ONLY);
        MountCalls.make(
                step, folder, "tmpfs", List.of("source=mask", "mode=0555", "size=4k", "nr_inodes=1"), attributes);
    }

    /**
     * Mounts an empty folder over a folder of the kernel. All share one file system, since each new one costs 20 µs.
     */
    private Step maskFolder(Descriptor folder, String prefix, String name, Place place) {
        Step.Draft step = Step.by(Actor.INIT, "mask \"" + prefix + name + "\"", place);
        if (emptyFolder == null) {
            emptyFolder = new Descriptor("empty");
            makeEmpty(step, emptyFolder);
            MountCalls.attach(step, emptyFolder, folder, name);
        } else {
            Descriptor copy = new Descriptor("mask-" + name);
            MountCalls.copy(step, copy, fd(emptyFolder), "", false);
            MountCalls.attach(step, copy, folder, name);
        }
        return step.build();
    }

    private void sys(boolean readOnly, boolean butNet, Place place, List<Step> steps) {
        Step.Draft step = Step.by(Actor.INIT, "mount \"sysfs\" on \"/sys\"", place);
        Descriptor target = new Descriptor("sys-target");
        List<Flag> attributes = new ArrayList<>(BARE);
        if (readOnly) {
            attributes.addAll(READ_ONLY);
        }
        if (config.hasUserNamespace() && !config.has(Namespace.NET)) {
            // sysfs cannot be mounted in a user namespace that does not own its network namespace.
            MountCalls.copy(step, Descriptors.SYS, cwd(), "/sys", true);
            MountCalls.setAttributes(step, Descriptors.SYS, true, attributes, List.of(), null);
        } else {
            MountCalls.make(step, Descriptors.SYS, "sysfs", List.of("source=sysfs"), attributes);
        }
        MountCalls.makeTarget(step, "sys");
        MountCalls.openTarget(step, target, "sys", true);
        MountCalls.attach(step, Descriptors.SYS, target);
        if (butNet) {
            Descriptor net = new Descriptor("sys-net");
            MountCalls.copy(step, net, fd(Descriptors.SYS), "devices/virtual/net", false);
            MountCalls.setAttributes(step, net, false, List.of(), READ_ONLY, null);
            MountCalls.attach(step, net, Descriptors.SYS, "devices/virtual/net");
        }
        step.hint(OPENAT2, Errno.ENOENT, "the root file system has no folder /sys, and none can be created in it");
        step.hint(
                FSMOUNT,
                Errno.EPERM,
                "parts of the host's /sys are hidden by mounts, as in a container, or it is not mounted: the kernel then refuses a new /sys");
        steps.add(step.build());
        List<String> folders = new ArrayList<>(Masks.sysFolders(facts));
        folders.addAll(config.hasUserNamespace() ? List.of() : Masks.SYS_FOLDERS_OF_ROOT);
        for (String name : folders) {
            maskFolder(Descriptors.SYS, "/sys/", name, place, steps);
        }
        if (facts.anyHost() && emptyFolder != null) {
            steps.add(AnyHost.maskProcessors(emptyFolder, place));
        }
    }
}
