package io.jbox.plan;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.program.Actor;
import io.jbox.program.Effect;
import io.jbox.program.Step;
import java.util.List;

/** Steps for the owners of the root file system's files on the host. */
final class OwnershipSteps {
    private final Config config;
    private final HostFacts facts;

    OwnershipSteps(Config config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
    }

    /** Refuses to give the files of an unsuitable root file system to the box's ids. */
    void refuseShift(List<Problem> problems) {
        if (!config.shifts()) {
            return;
        }
        IdMapping range = config.namespaces().idmap().get(0).get();
        boolean one = config.namespaces().idmap().size() == 1
                && range.mapsUsers()
                && range.mapsGroups()
                && range.inside() == 0;
        if (config.rootfs().path().get().isOverlay()) {
            problems.add(new Problem("rootfs.options: shift: is for folders, not for overlays", placeOfShift()));
        } else if (!one) {
            problems.add(new Problem(
                    "rootfs.options: shift: needs one range of ids",
                    placeOfShift(),
                    "\"idmap: auto\", or \"idmap: [b 0 100000 65536]\""));
        } else if (range.outside() < range.count()) {
            problems.add(new Problem(
                    "rootfs.options: shift: the range overlaps with the present ids of the files",
                    config.namespaces().idmap().get(0).place(),
                    "use one that begins at " + range.count() + " or later"));
        }
    }

    private Place placeOfShift() {
        for (Value<String> option : config.rootfs().options()) {
            if (option.get().equals("shift")) {
                return option.place();
            }
        }
        return config.rootfs().path().place();
    }

    /**
     * Locks the owners of the files while they are used; with {@code shift} the files are first given to the box's ids.
     */
    void hold(List<Step> steps) {
        if (facts.isOrdinary()) {
            return;
        }
        String subject = config.shifts()
                ? "give the files of the root file system to the box's ids, once, and record their owners"
                : "keep the owners of files as they are";
        steps.add(Step.by(
                        Actor.JBOX,
                        subject,
                        config.shifts()
                                ? placeOfShift()
                                : config.rootfs().path().place())
                .add(new Effect.HoldTrees(config.hostTrees(), Descriptors.TREE_LOCKS))
                .build());
    }
}
