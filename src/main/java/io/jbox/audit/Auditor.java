package io.jbox.audit;

import static io.jbox.audit.Severity.HIGH;
import static io.jbox.audit.Severity.INFO;
import static io.jbox.audit.Severity.LOW;
import static io.jbox.audit.Severity.MEDIUM;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.DeviceRule;
import io.jbox.config.IdMapping;
import io.jbox.config.Limit;
import io.jbox.config.MountEntry;
import io.jbox.config.Namespace;
import io.jbox.config.Net;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Label;
import io.jbox.plan.Grants;
import io.jbox.plan.LabelSteps;
import io.jbox.plan.NetworkNotices;
import io.jbox.problem.Place;
import io.jbox.program.Arg;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds what a box could do to the host from its {@code Config} and {@code HostFacts}, the worst first. */
public final class Auditor {
    /** With one of these, the host's root in a box has full control of the host, whatever else confines it. */
    private static final Set<Capability> HOSTS = EnumSet.of(
            Capability.SYS_ADMIN,
            Capability.SYS_MODULE,
            Capability.SYS_RAWIO,
            Capability.SYS_PTRACE,
            Capability.SYS_BOOT,
            Capability.SYS_TIME,
            Capability.DAC_READ_SEARCH,
            Capability.MKNOD,
            Capability.BPF,
            Capability.PERFMON,
            Capability.SYSLOG,
            Capability.MAC_ADMIN,
            Capability.MAC_OVERRIDE,
            Capability.AUDIT_CONTROL,
            Capability.CHECKPOINT_RESTORE);

    private final Config config;
    private final HostFacts facts;
    private final HostView host;
    private final boolean mapped;
    private final List<Finding> findings = new ArrayList<>();

    public Auditor(Config config, HostFacts facts, HostView host) {
        this.host = host;
        this.config = config;
        this.facts = facts;
        this.mapped = config.hasUserNamespace();
    }

    public List<Finding> findings() {
        ids();
        capabilities();
        namespaces();
        calls();
        rootfs();
        kernelFiles();
        entries();
        limits();
        devices();
        rest();
        findings.sort(Comparator.comparing(Finding::severity).reversed());
        return List.copyOf(findings);
    }

    private void add(Severity severity, String about, Place place, String advice) {
        findings.add(new Finding(severity, about, place, advice));
    }

    /** Reports devices that the box could open if it gets their nodes; with a user namespace it cannot make any. */
    private void devices() {
        for (Value<DeviceRule> value : config.devices().allow()) {
            DeviceRule rule = value.get();
            boolean disks = rule.isAll() || rule.type() == 'b';
            Severity severity = mapped ? INFO : disks ? HIGH : MEDIUM;
            add(severity, "cgroup.devices: it can use \"" + rule + "\"", value.place(), "one device, not all");
        }
    }

    private void lsm() {
        List<Label> labels = LabelSteps.of(config, facts);
        boolean there = facts.exists(Label.APPARMOR_PROFILES);
        if (there
                && !config.appArmor().place().isDefault()
                && config.appArmor().get().equals("unconfined")) {
            add(
                    LOW,
                    "apparmor: its programs are unconfined",
                    config.appArmor().place(),
                    "apparmor: {profile: generated}");
        } else if (labels.isEmpty()) {
            add(INFO, "lsm: neither AppArmor nor SELinux confines it", Place.DEFAULT, "");
        }
        for (Label label : labels) {
            add(INFO, "lsm: its programs have \"" + label.text() + "\"", label.place(config), "");
        }
    }

    private void ids() {
        if (!mapped) {
            add(
                    HIGH,
                    "idmap: its root is the host's root, and uses root's quotas: inotify, message queues, signals",
                    config.idmap().get(0).place(),
                    "idmap: auto");
            return;
        }
        if (facts.isOrdinary()) {
            add(
                    INFO,
                    "idmap: its root is the user who starts it: what escapes from it has that user's rights, and it uses that user's quotas",
                    config.idmap().get(0).place(),
                    "");
        }
        for (Value<IdMapping> value : config.idmap()) {
            IdMapping mapping = value.get();
            boolean written = mapping != IdMapping.AUTO;
            if (written && mapping.outside() < 1000) {
                String first = Long.toString(mapping.outside());
                add(HIGH, "idmap: the box has the host's ids from " + first + " on", value.place(), "idmap: auto");
            } else if (written) {
                add(
                        INFO,
                        "idmap: \"" + mapping + "\": jbox does not check whether another box uses these ids",
                        value.place(),
                        "idmap: auto");
            }
        }
    }

    private void capabilities() {
        for (Capability capability : Grants.capabilities(config, facts)) {
            if (capability == Capability.NET_ADMIN) {
                add(
                        mapped ? LOW : MEDIUM,
                        "cap: net_admin: it can fill tables that all networks of the host share, and can attack nf_tables and xfrm",
                        config.cap().place(),
                        "use ipv4.address instead");
            }
            if (!HOSTS.contains(capability)) {
                continue;
            }
            String name = capability.name().toLowerCase(Locale.ROOT);
            if (!mapped) {
                add(
                        HIGH,
                        "cap: " + name + " applies to the whole host",
                        config.cap().place(),
                        "idmap: auto, or cap.drop");
            } else if (capability == Capability.SYS_ADMIN) {
                add(
                        MEDIUM,
                        "cap: sys_admin of its own user namespace: it can mount anything, and has the kernel's largest attack surface",
                        config.cap().place(),
                        "do without");
            }
        }
    }

    private void namespaces() {
        if (!config.has(Namespace.NET)) {
            Place place = config.net().isEmpty()
                    ? config.namespaces().place()
                    : config.net().get(0).type().place();
            add(
                    mapped ? MEDIUM : HIGH,
                    "net: shares the host's network: its loopback, its abstract sockets"
                            + (mapped ? "" : ", and may change it"),
                    place,
                    "net: [{type: veth, …}]");
        }
        for (Namespace namespace : List.of(Namespace.IPC, Namespace.UTS, Namespace.CGROUP)) {
            if (!config.has(namespace)) {
                add(
                        namespace == Namespace.IPC ? MEDIUM : LOW,
                        "namespace: shares the host's " + namespace.label() + " namespace",
                        config.namespaces().place(),
                        "");
            }
        }
        for (Net net : config.net()) {
            if (NetworkNotices.isUnguarded(net, facts.network())) {
                add(
                        MEDIUM,
                        "net: a macvlan on a bridge can send as any other box there, and as the host",
                        net.type().place(),
                        "type: veth");
            }
            if (net.is("phys")) {
                add(INFO, "net: has an interface of the host", net.type().place(), "");
            }
        }
    }

    private void calls() {
        Arg.Filter filter = facts.filter();
        if (filter == null) {
            add(
                    MEDIUM,
                    "seccomp: it can make every system call",
                    config.seccomp().place(),
                    "seccomp.profile: default");
        } else {
            boolean open = filter.summary().toString().endsWith("others allow");
            add(
                    open ? MEDIUM : INFO,
                    "seccomp: " + filter.summary(),
                    config.seccomp().place(),
                    open ? "a profile that lists what is allowed; seccomp.profile: default" : "");
        }
        if (!config.noNewPrivs().get()) {
            add(
                    INFO,
                    "no_new_privs: its setuid programs work",
                    config.noNewPrivs().place(),
                    "");
        }
    }

    private void rootfs() {
        String path = config.rootfs().path().get().path();
        Place place = config.rootfs().path().place();
        boolean readOnly = false;
        for (Value<String> option : config.rootfs().options()) {
            readOnly |= option.get().equals("ro");
            if (option.get().equals("dev") && !mapped) {
                add(
                        MEDIUM,
                        "rootfs.options: dev: device nodes in its root file system work",
                        option.place(),
                        "leave it out");
            }
        }
        if (HostFiles.isWhole(source(path))) {
            add(readOnly ? MEDIUM : HIGH, "rootfs: is the host's own " + source(path), place, "a folder of its own");
        }
        for (String lower : config.rootfs().path().get().lowers()) {
            if (HostFiles.isWhole(source(lower))) {
                add(
                        HIGH,
                        "rootfs: its root reads all of the host's " + source(lower) + ", secrets included",
                        place,
                        "a tree of its own");
            }
        }
        if (!config.autodev().get()) {
            add(
                    LOW,
                    "autodev: /dev is that of the root file system",
                    config.autodev().place(),
                    "autodev: 1");
        }
    }

    private void kernelFiles() {
        for (Value<String> auto : config.mount().auto()) {
            if (auto.get().equals("proc:rw") || auto.get().equals("sys:rw")) {
                add(
                        mapped ? LOW : HIGH,
                        "mount.auto: " + auto.get() + ": the box can write host settings"
                                + (mapped ? ", if permissions allow" : ""),
                        auto.place(),
                        "proc:mixed sys:ro");
            }
        }
    }

    /** Resolves a path's links; of several names returns the most telling one. */
    private String source(String path) {
        String source = HostFiles.normal(facts.followed(path));
        for (String name : host.names(source)) {
            if (HostFiles.isTrusted(HostFiles.normal(name))) {
                return HostFiles.normal(name);
            }
        }
        return source;
    }

    private void entries() {
        for (Value<MountEntry> value : config.mount().entries()) {
            MountEntry entry = value.get();
            boolean owns = !mapped || entry.has("idmap=container");
            if (entry.isBind()) {
                bind(source(entry.source()), entry.has("ro"), owns, value.place());
            } else {
                fileSystem(entry, value.place());
            }
        }
    }

    private void fileSystem(MountEntry entry, Place place) {
        if (entry.source().startsWith("/dev/")) {
            String source = HostFiles.normal(entry.source());
            add(mapped ? LOW : HIGH, "mount.entry: has the data on the host's " + source, place, "");
        }
        if (!mapped && HostFiles.isKernels(entry.type())) {
            add(MEDIUM, "mount.entry: has the kernel's " + entry.type(), place, "leave it out");
        }
        for (String option : entry.options()) {
            int equals = option.indexOf('=');
            String name = option.substring(0, Math.max(0, equals));
            if (entry.type().equals("overlay")
                    && List.of("lowerdir", "upperdir").contains(name)) {
                for (String layer : option.substring(equals + 1).split(":")) {
                    if (layer.startsWith("/")) {
                        bind(source(layer), name.equals("lowerdir"), !mapped, place);
                    }
                }
            }
        }
    }

    private void bind(String source, boolean readOnly, boolean owns, Place place) {
        HostView.Kind kind = host.kind(source);
        boolean device = kind == HostView.Kind.DEVICE || source.startsWith("/dev/") && !source.startsWith("/dev/shm");
        String socket = HostFiles.socketIn(source);
        String secret = HostFiles.secretIn(source);
        if (socket != null) {
            add(
                    HIGH,
                    "mount.entry: can talk to " + socket
                            + ", which carries out requests as the host's root; a socket is never read-only",
                    place,
                    "leave it out");
        } else if (kind == HostView.Kind.SOCKET || HostFiles.isSocket(source)) {
            add(
                    MEDIUM,
                    "mount.entry: can talk to the host's " + source + "; a socket is never read-only",
                    place,
                    "leave it out");
        }
        if (readOnly && secret != null) {
            add(
                    owns ? HIGH : MEDIUM,
                    "mount.entry: reads the host's " + source + ", with " + secret
                            + (owns ? "" : " as far as it is world-readable"),
                    place,
                    "only what it needs");
        }
        if (device) {
            add(
                    mapped ? LOW : MEDIUM,
                    "mount.entry: has the host's device " + source + (readOnly ? "; a device is never read-only" : ""),
                    place,
                    "");
        } else if (readOnly) {
            if (HostFiles.isTrusted(source)) {
                add(LOW, "mount.entry: reads the host's " + source, place, "only what it needs");
            }
        } else if (HostFiles.isTrusted(source)) {
            add(
                    owns ? HIGH : MEDIUM,
                    "mount.entry: the host's " + source + " is writable" + (owns ? "" : " where it is world-writable"),
                    place,
                    "ro");
        } else if (HostFiles.isHome(source)) {
            add(
                    owns ? MEDIUM : LOW,
                    "mount.entry: a user's " + source + " is writable",
                    place,
                    "a folder of it, or ro");
        } else {
            add(LOW, "mount.entry: the host's " + source + " is writable", place, "ro, if it need not write");
        }
    }

    private void limits() {
        if (facts.hierarchies().isEmpty()) {
            add(
                    MEDIUM,
                    "limits: there is no cgroup to set them in: neither limits nor a device policy apply",
                    Place.DEFAULT,
                    facts.isOrdinary() ? "systemd-run --user --scope -p Delegate=yes jbox start ..." : "jbox check");
            return;
        }
        for (String resource : List.of("rtprio", "nice")) {
            Value<Limit> limit = config.prlimit().get(resource);
            if (limit != null && limit.get().hard() != 0) {
                add(
                        MEDIUM,
                        "prlimit." + resource + ": it can keep everything else off the host's processors",
                        limit.place(),
                        "leave it out");
            }
        }
        if (config.limits().memory() == null) {
            add(LOW, "limits: it can use up the host's memory", Place.DEFAULT, "limits: {memory: 512M}");
        }
        if (config.limits().pids().get() < 0) {
            add(
                    MEDIUM,
                    "limits: it can use up the host's processes",
                    config.limits().pids().place(),
                    "limits.pids");
        }
    }

    private void rest() {
        int hooks = 0;
        for (String stage : List.of("pre-start", "start-host", "stop", "post-stop", "destroy")) {
            hooks += config.hooks().of(stage).size();
        }
        if (hooks > 0) {
            add(
                    INFO,
                    "hook: " + hooks + " commands run on the host, as the user who starts the box",
                    Place.DEFAULT,
                    "");
        }
        int inside = 0;
        for (String stage : List.of("pre-mount", "mount", "autodev", "start")) {
            inside += config.hooks().of(stage).size();
        }
        if (inside > 0) {
            add(
                    INFO,
                    "hook: " + inside
                            + " commands run in the box before its program starts and its capabilities are limited",
                    Place.DEFAULT,
                    "");
        }
        written("console.logfile", config.console().logfile());
        written("log.file", config.log().file());
        lsm();
    }

    /** Reports files of the host that the box's output goes to: their size is bounded, their text is not. */
    private void written(String key, @Nullable Value<String> path) {
        if (path != null) {
            boolean trusted = HostFiles.isTrusted(HostFiles.normal(path.get()));
            add(
                    trusted ? MEDIUM : INFO,
                    key + ": the box's output is written to the host's " + path.get(),
                    path.place(),
                    trusted ? "a folder for logs" : "");
        }
    }
}
