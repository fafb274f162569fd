package io.jbox.audit;

import static io.jbox.audit.Severity.HIGH;
import static io.jbox.audit.Severity.INFO;
import static io.jbox.audit.Severity.LOW;
import static io.jbox.audit.Severity.MEDIUM;

import io.jbox.config.Config;
import io.jbox.config.DeviceRule;
import io.jbox.config.Limit;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.problem.Place;
import java.util.List;

/** What of the host's memory, processors, processes and devices a box can use. */
final class ResourceAudit {
    private final Config config;
    private final HostFacts facts;
    private final Findings findings;

    ResourceAudit(Config config, HostFacts facts, Findings findings) {
        this.config = config;
        this.facts = facts;
        this.findings = findings;
    }

    void limits() {
        if (facts.hierarchies().isEmpty()) {
            findings.add(
                    MEDIUM,
                    "limits: there is no cgroup to set them in: neither limits nor a device policy apply",
                    Place.DEFAULT,
                    facts.isOrdinary() ? "systemd-run --user --scope -p Delegate=yes jbox start ..." : "jbox check");
            return;
        }
        for (String resource : List.of("rtprio", "nice")) {
            Value<Limit> limit = config.resources().prlimit().get(resource);
            if (limit != null && limit.get().hard() != 0) {
                findings.add(
                        MEDIUM,
                        "prlimit." + resource + ": it can keep everything else off the host's processors",
                        limit.place(),
                        "leave it out");
            }
        }
        if (config.resources().limits().memory() == null) {
            findings.add(LOW, "limits: it can use up the host's memory", Place.DEFAULT, "limits: {memory: 512M}");
        }
        if (config.resources().limits().pids().get() < 0) {
            findings.add(
                    MEDIUM,
                    "limits: it can use up the host's processes",
                    config.resources().limits().pids().place(),
                    "limits.pids");
        }
    }

    /** Reports devices that the box could open if it gets their nodes; with a user namespace it cannot make any. */
    void devices() {
        for (Value<DeviceRule> value : config.resources().devices().allow()) {
            DeviceRule rule = value.get();
            boolean disks = rule.isAll() || rule.type() == 'b';
            Severity severity = config.hasUserNamespace() ? INFO : disks ? HIGH : MEDIUM;
            findings.add(severity, "cgroup.devices: it can use \"" + rule + "\"", value.place(), "one device, not all");
        }
    }
}
