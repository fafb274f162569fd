package io.jbox.plan;

import io.jbox.config.Config;
import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.ForegroundEffect;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * What jbox does while a command of {@code run} or {@code exec} runs; a compiled program does the same with its own
 * calls.
 */
public final class ForegroundSteps {
    private ForegroundSteps() {}

    /** @param streams the command's standard descriptors */
    public static List<Step> of(List<Launch.Stream> streams) {
        List<Step> steps = new ArrayList<>();
        steps.add(Step.by(Actor.JBOX, "pass signals on to the command", Place.DEFAULT)
                .add(new ForegroundEffect.ForwardSignals())
                .build());
        for (int standard = 0; standard < streams.size(); standard++) {
            if (streams.get(standard) == Launch.Stream.PIPE) {
                String whose =
                        standard == 0 ? "give the command what is read from" : "write what the command writes to";
                steps.add(Step.by(Actor.JBOX, whose + " descriptor " + standard, Place.DEFAULT)
                        .add(new ForegroundEffect.Carry(standard, Descriptors.pipeOutside(standard)))
                        .build());
            }
        }
        if (streams.contains(Launch.Stream.CONSOLE)) {
            steps.add(Step.by(Actor.JBOX, "connect the command's terminal with the caller's", Place.DEFAULT)
                    .add(new ForegroundEffect.CarryTerminal(Descriptors.MASTER))
                    .build());
        }
        steps.add(Step.by(Actor.JBOX, "wait for the command, and end as it did", Place.DEFAULT)
                .add(new ForegroundEffect.AwaitEnd(Descriptors.STATUS_READ))
                .build());
        return steps;
    }

    /** Removes what a box of {@code run} has on the host, once it has ended. */
    static void end(Config config, HostFacts facts, List<Step> steps) {
        List<String> cgroups = Grants.cgroups(config, facts);
        if (!cgroups.isEmpty()) {
            steps.add(Step.by(Actor.JBOX, "remove the command's cgroups", Place.DEFAULT)
                    .add(new ForegroundEffect.RemoveCgroups(cgroups))
                    .build());
        }
        Config.Image image = config.rootfs().image();
        if (image != null && image.ephemeral()) {
            Value<RootfsPath> path = config.rootfs().path();
            steps.add(Step.by(Actor.JBOX, "remove the command's files", path.place())
                    .add(new ForegroundEffect.RemoveUpper(path.get().path()))
                    .build());
        }
    }
}
