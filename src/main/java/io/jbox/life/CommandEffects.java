package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.ids.OwnerShift;
import io.jbox.kernel.Fd;
import io.jbox.launch.Effects;
import io.jbox.lsm.AppArmorProfiles;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.EffectVisitor;
import io.jbox.program.NetworkEffect;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Carries out the effects of {@code jbox run} that are not system calls. Its box runs one command and has no record.
 */
final class CommandEffects implements Effects, AutoCloseable {
    private final BoxRegistry registry;
    private final Config config;
    private final Begun begun;
    private OwnerShift.@Nullable Hold hold;
    private boolean anew;

    /** Called after the first effects of a launch, which make what it needs. */
    interface Begun {
        /**
         * @param anew whether something was made that the plan must take into account
         * @return the plan for the rest of the launch
         */
        Plan goesOn(Plan plan, boolean anew);
    }

    /** @param config with its ids */
    CommandEffects(BoxRegistry registry, Config config, Begun begun) {
        this.registry = registry;
        this.config = config;
        this.begun = begun;
    }

    @Override
    public Plan begun(Plan plan) {
        return begun.goesOn(plan, anew);
    }

    @Override
    public void carryOut(Step step, Effect effect, Map<Descriptor, Fd> open, Processes made) {
        effect.by(new EffectVisitor() {
            @Override
            public void template(Effect.Template template) {
                registry.templates().make(step, template);
                anew = true;
            }

            @Override
            public void loadProfile(Effect.LoadProfile load) {
                AppArmorProfiles.load(load.profile());
            }

            @Override
            public void holdTrees(Effect.HoldTrees trees) {
                hold = new TreeUsers(registry).holds(config.name().get()).bring(config);
                open.put(trees.locks(), hold.copy());
            }

            @Override
            public void bridgeUp(NetworkEffect.BridgeUp bridge) {
                for (String lacking : registry.networks().bringUp(bridge.bridge())) {
                    registry.notices().tell(lacking);
                }
            }
        });
    }

    /** Releases the locks on the trees that the box used. */
    @Override
    public void close() {
        if (hold != null) {
            hold.close();
        }
    }
}
