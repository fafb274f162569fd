package io.jbox.audit;

import static io.jbox.audit.Severity.HIGH;
import static io.jbox.audit.Severity.INFO;
import static io.jbox.audit.Severity.LOW;
import static io.jbox.audit.Severity.MEDIUM;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Namespace;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.plan.Grants;
import io.jbox.plan.NetworkNotices;
import io.jbox.problem.Place;
import io.jbox.program.DataArg;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What the kernel lets a box do: whose ids and capabilities it has, what it shares, which system calls it can make. */
final class RightsAudit {
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
    private final boolean mapped;
    private final Findings findings;

    RightsAudit(Config config, HostFacts facts, Findings findings) {
        this.config = config;
        this.facts = facts;
        this.mapped = config.hasUserNamespace();
        this.findings = findings;
    }

    void ids() {
        if (!mapped) {
            findings.add(
                    HIGH,
                    "idmap: its root is the host's root, and uses root's quotas: inotify, message queues, signals",
                    config.namespaces().idmap().get(0).place(),
                    "idmap: auto");
            return;
        }
        if (facts.isOrdinary()) {
            findings.add(
                    INFO,
                    "idmap: its root is the user who starts it: what escapes from it has that user's rights, and it uses that user's quotas",
                    config.namespaces().idmap().get(0).place(),
                    "");
        }
        for (Value<IdMapping> value : config.namespaces().idmap()) {
            IdMapping mapping = value.get();
            boolean written = mapping != IdMapping.AUTO;
            if (written && mapping.outside() < 1000) {
                String first = Long.toString(mapping.outside());
                findings.add(
                        HIGH, "idmap: the box has the host's ids from " + first + " on", value.place(), "idmap: auto");
            } else if (written) {
                findings.add(
                        INFO,
                        "idmap: \"" + mapping + "\": jbox does not check whether another box uses these ids",
                        value.place(),
                        "idmap: auto");
            }
        }
    }

    void capabilities() {
        for (Capability capability : Grants.capabilities(config, facts)) {
            if (capability == Capability.NET_ADMIN) {
                findings.add(
                        mapped ? LOW : MEDIUM,
                        "cap: net_admin: it can fill tables that all networks of the host share, and can attack nf_tables and xfrm",
                        config.confinement().cap().place(),
                        "use ipv4.address instead");
            }
            if (!HOSTS.contains(capability)) {
                continue;
            }
            String name = capability.name().toLowerCase(Locale.ROOT);
            if (!mapped) {
                findings.add(
                        HIGH,
                        "cap: " + name + " applies to the whole host",
                        config.confinement().cap().place(),
                        "idmap: auto, or cap.drop");
            } else if (capability == Capability.SYS_ADMIN) {
                findings.add(
                        MEDIUM,
                        "cap: sys_admin of its own user namespace: it can mount anything, and has the kernel's largest attack surface",
                        config.confinement().cap().place(),
                        "do without");
            }
        }
    }

    void namespaces() {
        if (!config.has(Namespace.NET)) {
            Place place = config.net().isEmpty()
                    ? config.namespaces().place()
                    : config.net().get(0).type().place();
            findings.add(
                    mapped ? MEDIUM : HIGH,
                    "net: shares the host's network: its loopback, its abstract sockets"
                            + (mapped ? "" : ", and may change it"),
                    place,
                    "net: [{type: veth, …}]");
        }
        for (Namespace namespace : List.of(Namespace.IPC, Namespace.UTS, Namespace.CGROUP)) {
            if (!config.has(namespace)) {
                findings.add(
                        namespace == Namespace.IPC ? MEDIUM : LOW,
                        "namespace: shares the host's " + namespace.label() + " namespace",
                        config.namespaces().place(),
                        "");
            }
        }
        for (Net net : config.net()) {
            if (NetworkNotices.isUnguarded(net, facts.network())) {
                findings.add(
                        MEDIUM,
                        "net: a macvlan on a bridge can send as any other box there, and as the host",
                        net.type().place(),
                        "type: veth");
            }
            if (net.is(NetType.PHYS)) {
                findings.add(
                        INFO, "net: has an interface of the host", net.type().place(), "");
            }
        }
    }

    void calls() {
        DataArg.Filter filter = facts.filter();
        if (filter == null) {
            findings.add(
                    MEDIUM,
                    "seccomp: it can make every system call",
                    config.confinement().seccomp().place(),
                    "seccomp.profile: default");
        } else {
            boolean open = filter.summary().toString().endsWith("others allow");
            findings.add(
                    open ? MEDIUM : INFO,
                    "seccomp: " + filter.summary(),
                    config.confinement().seccomp().place(),
                    open ? "a profile that lists what is allowed; seccomp.profile: default" : "");
        }
        if (!config.confinement().noNewPrivs().get()) {
            findings.add(
                    INFO,
                    "no_new_privs: its setuid programs work",
                    config.confinement().noNewPrivs().place(),
                    "");
        }
    }
}
