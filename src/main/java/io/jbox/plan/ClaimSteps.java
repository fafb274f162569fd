package io.jbox.plan;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.IpPrefix;
import io.jbox.facts.HostFacts;
import io.jbox.facts.NetworkFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.ClaimEffect;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/** What was taken for a box before its plan was made: the facts of the plan have it. */
final class ClaimSteps {
    private final Config config;
    private final HostFacts facts;

    /** @param config as it was loaded */
    ClaimSteps(Config config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
    }

    void add(List<Step> steps) {
        String box = config.name().get();
        steps.add(Step.by(Actor.JBOX, "say that jbox is at work on the box", Place.DEFAULT)
                .add(new ClaimEffect.Work(box))
                .build());
        // A command of run has its own, so that several may run at once.
        String owner = box + facts.suffix();
        List<String> ids = new ArrayList<>();
        for (IdMapping mapping : facts.ids()) {
            ids.add(mapping.toString());
        }
        if (config.leavesIdsToHost() && !ids.isEmpty()) {
            steps.add(Step.by(
                            Actor.JBOX,
                            "choose ids for the box",
                            config.namespaces().place())
                    .add(new ClaimEffect.Ids(config.shifts() ? box : owner, ids))
                    .build());
        }
        List<String> addresses = new ArrayList<>();
        for (NetworkFacts.Choice choice : facts.network().choices()) {
            IpPrefix address = choice.ipv4() == null ? choice.known() : choice.ipv4();
            if (address != null) {
                addresses.add(address.text());
            }
        }
        if (!addresses.isEmpty()) {
            steps.add(Step.by(
                            Actor.JBOX,
                            "choose addresses for the box",
                            config.net().get(0).place())
                    .add(new ClaimEffect.Addresses(owner, addresses))
                    .build());
        }
    }
}
