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

/** What is no system call in the launch of {@code jbox run}, a box for one command that nobody writes down. */
final class CommandEffects implements Effects, AutoCloseable {
    private final BoxRegistry registry;
    private final Config config;
    private final Begun begun;
    private OwnerShift.@Nullable Hold hold;
    private boolean anew;

    /** Called when what a launch needs first has been made. */
    interface Begun {
        /**
         * @param anew whether there is something new that is to be planned with
         * @return how the launch goes on
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
    public void carryOut(Step step, Effect effect, Map<Descriptor, Fd> open, int init) {
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
            public void beginWork(Effect.BeginWork work) {
                // Begun before its ids and addresses were chosen.
            }

            @Override
            public void bridgeUp(NetworkEffect.BridgeUp bridge) {
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
