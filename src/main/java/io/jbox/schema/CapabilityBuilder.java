package io.jbox.schema;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Value;
import io.jbox.problem.Problem;
import java.util.ArrayList;
import java.util.List;

/** Builds the box's capability settings. */
final class CapabilityBuilder {
    private final Section root;
    private final List<Problem> problems;

    /** @param problems receives the problems found */
    CapabilityBuilder(Section root, List<Problem> problems) {
        this.root = root;
        this.problems = problems;
    }

    Config.Capabilities build() {
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
}
