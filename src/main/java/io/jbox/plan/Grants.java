package io.jbox.plan;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.KeptIds;
import io.jbox.config.Limit;
import io.jbox.config.MountEntry;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.problem.Problem;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Computes what a box is given by its configuration and host: capabilities, limits, cgroups. */
public final class Grants {
    /**
     * Limits with which a process can take the host's processors from all others: a box has them only if configured.
     */
    static final List<String> SCHEDULING = List.of("nice", "rtprio");

    static final Limit NONE = new Limit(0, 0);
    /**
     * Enough for busybox init, su and ping. Left out: NET_ADMIN, with which a box fills tables shared by all networks
     * of the host, and reaches nf_tables and xfrm; MKNOD, because without a device cgroup a node for the host's disk
     * would open it; SYS_BOOT, which allows kexec; SYS_ADMIN and everything else that affects the host.
     */
    private static final Set<Capability> SAFE = EnumSet.of(
            Capability.CHOWN,
            Capability.DAC_OVERRIDE,
            Capability.FOWNER,
            Capability.FSETID,
            Capability.KILL,
            Capability.SETGID,
            Capability.SETUID,
            Capability.SETPCAP,
            Capability.NET_BIND_SERVICE,
            Capability.NET_RAW,
            Capability.SYS_CHROOT,
            Capability.AUDIT_WRITE,
            Capability.SETFCAP);

    /** The cgroup below the one with the limits. */
    static final String INNER = "/inner";

    private Grants() {}

    /** The capabilities available to the box's programs. */
    public static Set<Capability> capabilities(Config config, HostFacts facts) {
        Set<Capability> kept = EnumSet.noneOf(Capability.class);
        List<Value<Capability>> keep = config.confinement().cap().keep();
        if (keep != null) {
            for (Value<Capability> value : keep) {
                kept.add(value.get());
            }
        } else {
            kept.addAll(SAFE);
            if (config.hasUserNamespace()) {
                kept.add(Capability.SYS_BOOT);
            }
        }
        for (Value<Capability> value : config.confinement().cap().add()) {
            kept.add(value.get());
        }
        for (Value<Capability> value : config.confinement().cap().drop()) {
            kept.remove(value.get());
        }
        if (!config.hasUserNamespace()) {
            for (Capability capability : Capability.values()) {
                if ((facts.capabilities() & capability.bit()) == 0) {
                    kept.remove(capability);
                }
            }
        }
        return kept;
    }

    /**
     * The box's initial limit for a resource, named in lower case.
     *
     * @param own jbox's own limit
     */
    public static Limit limit(Config config, String resource, Limit own) {
        Value<Limit> written = config.resources().prlimit().get(resource);
        return written != null ? written.get() : SCHEDULING.contains(resource) ? NONE : own;
    }

    /** The folders of the box's cgroups, parents first. */
    public static List<String> cgroups(Config config, HostFacts facts) {
        List<String> folders = new ArrayList<>();
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            String cgroup = hierarchy.cgroup(config.name().get() + facts.suffix());
            if (hierarchy.unified() && hasInner(config, facts)) {
                folders.add(cgroup + INNER);
            }
            folders.add(cgroup);
        }
        return folders;
    }

    /**
     * Whether the box is in a cgroup below the one with its limits: an unprivileged user's cgroups would belong to the
     * box's root.
     */
    static boolean hasInner(Config config, HostFacts facts) {
        return facts.isOrdinary()
                && (isDelegated(config) || Grants.capabilities(config, facts).contains(Capability.SYS_ADMIN));
    }

    /** Whether the box's root may make cgroups below its own. */
    static boolean isDelegated(Config config) {
        for (Value<String> auto : config.mount().auto()) {
            if (auto.get().equals("cgroup:rw") || auto.get().equals("cgroup:mixed")) {
                return true;
            }
        }
        return false;
    }

    /** Whether the root file system has to be made. */
    public static boolean needsTemplate(Config config, HostFacts facts) {
        RootfsPath path = config.rootfs().path().get();
        return config.rootfs().template() != null
                && !facts.exists(path.isOverlay() ? path.lowers().get(0) : path.path());
    }

    /** The parts of a configuration that only root can start. */
    public static List<Problem> rootOnly(Config config) {
        List<Problem> problems = new ArrayList<>();
        if (!config.hasUserNamespace()) {
            problems.add(new Problem(
                    "idmap: none needs root",
                    config.namespaces().idmap().get(0).place(),
                    "idmap: auto; or sudo jbox ..."));
        }
        for (Value<String> option : config.rootfs().options()) {
            if (option.get().equals("shift")) {
                problems.add(new Problem(
                        "rootfs.options: shift needs root",
                        option.place(),
                        "not needed: the box's root already owns the files of the user who starts it"));
            }
        }
        for (Net net : config.net()) {
            if (net.isLink()) {
                problems.add(new Problem(
                        "net: type " + net.type().get() + " needs root",
                        net.type().place(),
                        "type: user has outgoing connections; or sudo jbox ..."));
            }
        }
        for (Net net : config.net()) {
            if (net.is(NetType.USER) && !UserNetworkSteps.canBeCarried(config)) {
                problems.add(
                        new Problem(
                                "net: type user: the box's root has your group but not your user",
                                net.type().place(),
                                "write \"u 0 UID 1\" in idmap with your own user id as UID, or map a range of groups from /etc/subgid"));
            }
        }
        for (Value<MountEntry> entry : config.mount().entries()) {
            KeptIds kept = entry.get().keptIds();
            if (kept != null || entry.get().has("idmap=container")) {
                problems.add(new Problem(
                        "mount.entry: " + (kept == null ? "idmap=container" : kept.option()) + " needs root",
                        entry.place(),
                        "not needed: the box's root already owns the files of the user who starts it"));
            }
        }
        return problems;
    }
}
