package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.ids.OwnerShift;
import io.jbox.launch.Effects;
import io.jbox.lsm.AppArmorProfiles;
import io.jbox.plan.Descriptors;
import io.jbox.program.Arg;
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
                made |= effect.kind() == Effect.Kind.TEMPLATE;
            }
        }
        return made;
    }

    @Override
    public void carryOut(Step step, Effect effect, Map<Descriptor, Integer> open, int init) {
        switch (effect.kind()) {
            case TEMPLATE -> registry.templates().make(step, effect);
            case LOAD_PROFILE -> {
                if (effect.arguments().get(0) instanceof Arg.Text profile) {
                    AppArmorProfiles.load(profile.text());
                }
            }
            case HOLD_TREES -> {
                hold = new TreeUsers(registry).holds(config.name().get()).bring(config);
                open.put(Descriptors.TREE_LOCKS, hold.copy().number());
            }
            case BRIDGE_UP -> {} // whoever has chosen an address on it has brought it up
            default -> throw new IllegalArgumentException(effect.notation());
        }
    }

    /** Lets go of the trees that the box had. */
    @Override
    public void close() {
        if (hold != null) {
            hold.close();
        }
    }
}
