package io.jbox.plan;

import io.jbox.program.Actor;
import io.jbox.program.ClaimEffect;
import io.jbox.program.DataArg;
import io.jbox.program.Effect;
import io.jbox.program.EffectVisitor;
import io.jbox.program.NetworkEffect;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Turns the effects of a plan into system calls, for a program without jbox. */
final class CompiledEffects {
    /** The effects that have a compiled form, here or elsewhere in a program. */
    static final Set<Class<? extends Effect>> OF_FILE =
            Set.of(ClaimEffect.Work.class, ClaimEffect.Ids.class, Effect.HoldTrees.class, Effect.Assemble.class);

    static final Set<Class<? extends Effect>> OF_RUN = Set.of(
            ClaimEffect.Work.class,
            ClaimEffect.Ids.class,
            ClaimEffect.Addresses.class,
            Effect.LoadProfile.class,
            Effect.HoldTrees.class,
            Effect.Assemble.class);

    static final Set<Class<? extends Effect>> OF_START = Set.of(
            ClaimEffect.Work.class,
            ClaimEffect.Ids.class,
            ClaimEffect.Addresses.class,
            Effect.MakeCaches.class,
            Effect.MakeAgentFolder.class,
            Effect.LoadProfile.class,
            Effect.HoldTrees.class,
            Effect.Assemble.class,
            Effect.LockBox.class,
            NetworkEffect.Register.class,
            Effect.WriteRecord.class,
            Effect.KeepFilter.class);

    private final LaunchChecks checks;
    private final String folder;

    /** @param folder of the box's state; unused for {@code run} */
    CompiledEffects(LaunchChecks checks, String folder) {
        this.checks = checks;
        this.folder = folder;
    }

    /** Returns the same steps without effects. */
    List<Step> in(List<Step> steps) {
        List<Step> all = new ArrayList<>();
        for (Step step : steps) {
            if (step.effects().isEmpty()) {
                all.add(step);
            }
            for (Effect effect : step.effects()) {
                effect.by(new Calls(step, all));
            }
        }
        return all;
    }

    private final class Calls implements EffectVisitor {
        private final Step step;
        private final List<Step> all;

        Calls(Step step, List<Step> all) {
            this.step = step;
            this.all = all;
        }

        @Override
        public void holdTrees(Effect.HoldTrees effect) {
            all.add(checks.hold(step));
        }

        @Override
        public void keepFilter(Effect.KeepFilter effect) {
            Step.Draft keep = Step.by(Actor.JBOX, step.subject(), step.place());
            byte[] program = effect.filter().program();
            String file = folder + "/seccomp";
            RecordText.fileIfOther(
                    keep, new DataArg.Data("filter", program), program.length, "filter", file + ".new", file);
            all.add(keep.build());
        }

        @Override
        public void other(Effect effect) {
            // Already locked, recorded and registered; the caches were made by the first start. If a profile is not
            // loaded, the first process fails to set it.
        }
    }
}
