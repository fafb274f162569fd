package io.jbox.audit;

import static io.jbox.audit.Severity.INFO;
import static io.jbox.audit.Severity.LOW;
import static io.jbox.audit.Severity.MEDIUM;

import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Label;
import io.jbox.plan.LabelSteps;
import io.jbox.problem.Place;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds what a box could do to the host from its {@code Config} and {@code HostFacts}, the worst first. */
public final class Auditor {
    private final Config config;
    private final HostFacts facts;
    private final HostView host;
    private final Findings findings = new Findings();

    public Auditor(Config config, HostFacts facts, HostView host) {
        this.host = host;
        this.config = config;
        this.facts = facts;
    }

    public List<Finding> findings() {
        RightsAudit rights = new RightsAudit(config, facts, findings);
        MountAudit mounts = new MountAudit(config, facts, host, findings);
        ResourceAudit resources = new ResourceAudit(config, facts, findings);
        rights.ids();
        rights.capabilities();
        rights.namespaces();
        rights.calls();
        mounts.rootfs();
        mounts.kernelFiles();
        mounts.entries();
        resources.limits();
        resources.devices();
        hooks();
        written("console.logfile", config.terminals().console().logfile());
        written("log.file", config.log().file());
        labels();
        return findings.sorted();
    }

    private void hooks() {
        int hooks = 0;
        for (String stage : List.of("pre-start", "start-host", "stop", "post-stop", "destroy")) {
            hooks += config.hooks().of(stage).size();
        }
        if (hooks > 0) {
            findings.add(
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
            findings.add(
                    INFO,
                    "hook: " + inside
                            + " commands run in the box before its program starts and its capabilities are limited",
                    Place.DEFAULT,
                    "");
        }
    }

    /** Reports files of the host that the box's output goes to: their size is bounded, their text is not. */
    private void written(String key, @Nullable Value<String> path) {
        if (path != null) {
            boolean trusted = HostFiles.isTrusted(HostFiles.normal(path.get()));
            findings.add(
                    trusted ? MEDIUM : INFO,
                    key + ": the box's output is written to the host's " + path.get(),
                    path.place(),
                    trusted ? "a folder for logs" : "");
        }
    }

    private void labels() {
        List<Label> labels = LabelSteps.of(config, facts);
        boolean there = facts.exists(Label.APPARMOR_PROFILES);
        if (there
                && !config.confinement().appArmor().place().isDefault()
                && config.confinement().appArmor().get().equals("unconfined")) {
            findings.add(
                    LOW,
                    "apparmor: its programs are unconfined",
                    config.confinement().appArmor().place(),
                    "apparmor: {profile: generated}");
        } else if (labels.isEmpty()) {
            findings.add(INFO, "lsm: neither AppArmor nor SELinux confines it", Place.DEFAULT, "");
        }
        for (Label label : labels) {
            findings.add(INFO, "lsm: its programs have \"" + label.text() + "\"", label.place(config), "");
        }
    }
}
