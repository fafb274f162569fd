package io.jbox.plan;

import io.jbox.config.Config;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.DataArg;
import io.jbox.program.Effect;
import io.jbox.program.NetworkEffect;
import io.jbox.program.Step;
import java.util.List;

/** Records a box that has a monitor, so that later commands find it and can clean it up. */
final class RecordSteps {
    private final Config config;
    private final HostFacts facts;
    private final Launch.Supervision supervision;

    RecordSteps(Config config, HostFacts facts, Launch.Supervision supervision) {
        this.config = config;
        this.facts = facts;
        this.supervision = supervision;
    }

    /** Writes the record before anything is made. */
    void begin(List<Step> steps) {
        steps.add(Step.by(Actor.JBOX, "lock the box", Place.DEFAULT)
                .add(new Effect.LockBox(supervision.folder()))
                .build());
        if (facts.network() != NetworkFacts.NONE) {
            steps.add(Step.by(Actor.JBOX, "record its addresses and names", Place.DEFAULT)
                    .add(new NetworkEffect.Register(config.name().get()))
                    .build());
        }
        steps.add(record("record that it is starting", Effect.WriteRecord.Recorded.BEGUN)
                .undo(new Effect.Settle(supervision.folder()))
                .build());
        DataArg.Filter filter = facts.filter();
        if (filter != null) {
            steps.add(Step.by(Actor.JBOX, "keep the filter for joiners", Place.DEFAULT)
                    .add(new Effect.KeepFilter(supervision.folder(), filter))
                    .build());
        }
    }

    /** Updates the record once the monitor and the first process exist. */
    void made(List<Step> steps) {
        steps.add(
                record("record its processes", Effect.WriteRecord.Recorded.MADE).build());
    }

    /** Updates the record once the program runs. */
    void finish(List<Step> steps) {
        if (!config.hooks().of("stop").isEmpty()) {
            steps.add(Step.by(Actor.JBOX, "keep its namespaces for the stop hooks", Place.DEFAULT)
                    .add(new Effect.PinNamespaces(supervision.folder() + "/ns"))
                    .build());
        }
        steps.add(record("record that it is running", Effect.WriteRecord.Recorded.RUNS)
                .build());
        String pidFile = supervision.pidFile();
        if (pidFile != null) {
            steps.add(Step.by(Actor.JBOX, "write the process id of init to \"" + pidFile + "\"", Place.DEFAULT)
                    .add(new Effect.WritePid(pidFile))
                    .build());
        }
    }

    private Step.Draft record(String subject, Effect.WriteRecord.Recorded recorded) {
        return Step.by(Actor.JBOX, subject, Place.DEFAULT)
                .add(new Effect.WriteRecord(supervision.afterwards().record(), recorded));
    }
}
