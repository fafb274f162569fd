package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.ids.OwnerShift;
import io.jbox.launch.Effects;
import io.jbox.lsm.AppArmorProfiles;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is no system call in the launch of {@code jbox run}, a box for one command that nobody writes down. */
public final class CommandEffects implements Effects, AutoCloseable {
    private final BoxRegistry registry;
    private final Config config;
    private OwnerShift.@Nullable Hold hold;

    /** @param config with its ids */
    public CommandEffects(BoxRegistry registry, Config config) {
        this.registry = registry;
        this.config = config;
    }

    /** Does what comes before a launch; returns whether a template was made, and the launch is to be planned anew. */
    public boolean begin(Plan plan) {
        boolean made = false;
        for (Step step : plan.steps(Phase.BEGIN)) {
            for (Effect effect : step.effects()) {
                carryOut(step, effect, Map.of(), 0);
                made |= effect instanceof Effect.Template;
            }
        }
        return made;
    }

    @Override
    public void carryOut(Step step, Effect effect, Map<Descriptor, Integer> open, int init) {
        effect.by(new Effect.Interpreter() {
            @Override
            public void template(Effect.Template template) {
                registry.templates().make(step, template);
            }

            @Override
            public void loadProfile(Effect.LoadProfile load) {
                AppArmorProfiles.load(load.profile());
            }

            @Override
            public void holdTrees(Effect.HoldTrees trees) {
                hold = new TreeUsers(registry).holds(config.name().get()).bring(config);
                open.put(trees.locks(), hold.copy().number());
            }

            @Override
            public void bridgeUp(Effect.BridgeUp bridge) {
                // Whoever has chosen an address on it has brought it up.
            }
        });
    }

    /** Lets go of the trees that the box had. */
    @Override
    public void close() {
        if (hold != null) {
            hold.close();
        }
    }
}
