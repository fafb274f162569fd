package io.jbox.audit;

import static io.jbox.audit.Severity.HIGH;
import static io.jbox.audit.Severity.LOW;
import static io.jbox.audit.Severity.MEDIUM;

import io.jbox.config.Config;
import io.jbox.config.KeptIds;
import io.jbox.config.MountEntry;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.problem.Place;
import java.util.List;

/** Which files of the host a box has. */
final class MountAudit {
    private final Config config;
    private final HostFacts facts;
    private final HostView host;
    private final boolean mapped;
    private final Findings findings;

    MountAudit(Config config, HostFacts facts, HostView host, Findings findings) {
        this.config = config;
        this.facts = facts;
        this.host = host;
        this.mapped = config.hasUserNamespace();
        this.findings = findings;
    }

    void rootfs() {
        String path = config.rootfs().path().get().path();
        Place place = config.rootfs().path().place();
        boolean readOnly = false;
        for (Value<String> option : config.rootfs().options()) {
            readOnly |= option.get().equals("ro");
            if (option.get().equals("dev") && !mapped) {
                findings.add(
                        MEDIUM,
                        "rootfs.options: dev: device nodes in its root file system work",
                        option.place(),
                        "leave it out");
            }
        }
        if (HostFiles.isWhole(source(path))) {
            findings.add(
                    readOnly ? MEDIUM : HIGH,
                    "rootfs: is the host's own " + source(path),
                    place,
                    "a folder of its own");
        }
        for (String lower : config.rootfs().path().get().lowers()) {
            if (HostFiles.isWhole(source(lower))) {
                findings.add(
                        HIGH,
                        "rootfs: its root reads all of the host's " + source(lower) + ", secrets included",
                        place,
                        "a tree of its own");
            }
        }
        if (!config.mount().autodev().get()) {
            findings.add(
                    LOW,
                    "autodev: /dev is that of the root file system",
                    config.mount().autodev().place(),
                    "autodev: 1");
        }
    }

    void kernelFiles() {
        for (Value<String> auto : config.mount().auto()) {
            if (auto.get().equals("proc:rw") || auto.get().equals("sys:rw")) {
                findings.add(
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

    void entries() {
        for (Value<MountEntry> value : config.mount().entries()) {
            MountEntry entry = value.get();
            KeptIds kept = entry.keptIds();
            boolean owns = kept == null ? !mapped || entry.has("idmap=container") : kept.uid() == 0;
            boolean opensNothing = entry.has("nodev") && host.kind(entry.source()) == HostView.Kind.DEVICE;
            if (entry.isBind() && !opensNothing) {
                bind(source(entry.source()), entry.has("ro"), owns, value.place());
            } else if (!entry.isBind()) {
                fileSystem(entry, value.place());
            }
        }
    }

    private void fileSystem(MountEntry entry, Place place) {
        if (entry.source().startsWith("/dev/")) {
            String source = HostFiles.normal(entry.source());
            findings.add(mapped ? LOW : HIGH, "mount.entry: has the data on the host's " + source, place, "");
        }
        if (!mapped && HostFiles.isKernels(entry.type())) {
            findings.add(MEDIUM, "mount.entry: has the kernel's " + entry.type(), place, "leave it out");
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
            findings.add(
                    HIGH,
                    "mount.entry: can talk to " + socket
                            + ", which carries out requests as the host's root; a socket is never read-only",
                    place,
                    "leave it out");
        } else if (kind == HostView.Kind.SOCKET || HostFiles.isSocket(source)) {
            findings.add(
                    MEDIUM,
                    "mount.entry: can talk to the host's " + source + "; a socket is never read-only",
                    place,
                    "leave it out");
        }
        if (readOnly && secret != null) {
            findings.add(
                    owns ? HIGH : MEDIUM,
                    "mount.entry: reads the host's " + source + ", with " + secret
                            + (owns ? "" : " as far as it is world-readable"),
                    place,
                    "only what it needs");
        }
        if (device) {
            findings.add(
                    mapped ? LOW : MEDIUM,
                    "mount.entry: has the host's device " + source + (readOnly ? "; a device is never read-only" : ""),
                    place,
                    "");
        } else if (readOnly) {
            if (HostFiles.isTrusted(source)) {
                findings.add(LOW, "mount.entry: reads the host's " + source, place, "only what it needs");
            }
        } else if (HostFiles.isTrusted(source)) {
            findings.add(
                    owns ? HIGH : MEDIUM,
                    "mount.entry: the host's " + source + " is writable" + (owns ? "" : " where it is world-writable"),
                    place,
                    "ro");
        } else if (HostFiles.isHome(source)) {
            findings.add(
                    owns ? MEDIUM : LOW,
                    "mount.entry: a user's " + source + " is writable",
                    place,
                    "a folder of it, or ro");
        } else {
            findings.add(LOW, "mount.entry: the host's " + source + " is writable", place, "ro, if it need not write");
        }
    }
}
