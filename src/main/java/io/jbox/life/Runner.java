package io.jbox.life;

import io.jbox.cgroup.BoxCgroup;
import io.jbox.config.CommandName;
import io.jbox.config.Config;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFacts;
import io.jbox.host.Reachable;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.launch.BoxProcess;
import io.jbox.launch.Launcher;
import io.jbox.plan.Grants;
import io.jbox.plan.Planner;
import io.jbox.problem.JboxException;
import io.jbox.program.Effect;
import io.jbox.program.EffectVisitor;
import io.jbox.program.ForegroundEffect;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import io.jbox.request.RunRequest;
import io.jbox.state.BoxLock;
import io.jbox.state.PendingWork;
import io.jbox.store.EphemeralUppers;
import io.jbox.store.Store;
import java.io.File;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Runs one program in a box of its own, which has no record, from its start until the box is removed. */
public final class Runner implements AutoCloseable {
    private static final List<String> HOST_HOOKS = List.of("pre-start", "start-host", "stop", "post-stop");

    private final BoxRegistry registry;
    private final Kernel kernel;
    private final RunRequest request;
    private final PendingWork pending;
    private final HostFacts facts;
    private final Planner planner;
    private final CommandEffects effects;
    private final BoxCgroup cgroup;
    private @Nullable Plan launched;

    /** @throws io.jbox.problem.JboxException if the box cannot be made as configured; nothing is left behind */
    public Runner(BoxRegistry registry, RunRequest request) {
        this.registry = registry;
        this.kernel = registry.kernel();
        this.request = request;
        Config config = request.config();
        this.pending = registry.begin(config.name().get());
        try {
            requireDefinition(config);
            this.facts = facts(config);
            this.planner = new Planner(config, facts, launch());
            this.effects = new CommandEffects(registry, planner.config(), this::begun);
            this.cgroup = new BoxCgroup(Grants.cgroups(config, facts));
        } catch (RuntimeException | Error e) {
            pending.close();
            throw e;
        }
    }

    /**
     * Checks that the box is still defined. From now on no destroy begins; one that began after the configuration was
     * read holds the box's lock until the box is gone.
     */
    private void requireDefinition(Config config) {
        String name = config.name().get();
        String file = registry.settings().boxes().config(name);
        Resetter.complete(registry, config);
        if (config.place().source().name().equals(file)) {
            BoxLock.await(kernel, registry.state().of(name));
            if (!new File(file).exists()) {
                throw registry.unknown(name);
            }
        }
    }

    private Launch launch() {
        return launch(request);
    }

    private static Launch launch(RunRequest request) {
        return new Launch(request.command(), request.streams(), request.environment(), request.cwd());
    }

    /** Plans the run of a program step by step, without claiming anything. Needs no privilege. */
    public static Plan plan(BoxRegistry registry, RunRequest request) {
        return new Planner(request.config(), new HostSurvey(registry).of(request.config()), launch(request)).plan();
    }

    /** Goes through the parts of a run that need neither privilege nor the host, to load their classes. */
    public static void rehearse(BoxRegistry registry, RunRequest request) {
        HostFacts facts = new HostSurvey(registry).of(request.config(), List.of());
        new Launcher(registry.kernel()).rehearse(new Planner(request.config(), facts, launch(request)).plan());
        OwnProcess.pid(registry.kernel());
    }

    /** Claims ids and addresses for as long as this process lives. */
    private HostFacts facts(Config config) {
        RunPlanner planning = new RunPlanner(registry);
        String command =
                CommandName.of(config.name().get(), ProcessHandle.current().pid());
        NetworkFacts network = planning.network(config, command);
        return planning.facts(config, command, network);
    }

    /** Starts the program. Returns when it has been executed; it dies with the calling thread. */
    public BoxProcess start() {
        try {
            Plan plan = planner.plan();
            launched = plan;
            BoxProcess process = new Launcher(kernel).launch(plan, effects);
            request.observer().runs(planner.config().name().get(), process.pid());
            return process;
        } catch (JboxException e) {
            throw CollectedTree.or(kernel, request.config(), e);
        }
    }

    private Plan begun(Plan first, boolean anew) {
        Config config = request.config();
        Plan plan = anew ? new Planner(config, facts(config), launch()).plan() : first;
        launched = plan;
        for (String stage : HOST_HOOKS) {
            if (!config.hooks().of(stage).isEmpty()) {
                registry.notices()
                        .tell(config.name().get() + ": hook." + stage + " is ignored by run: only jbox start runs it");
            }
        }
        for (String notice : Reachable.notices(config, facts.isOrdinary())) {
            registry.notices().tell(notice);
        }
        request.observer().begins(plan);
        return plan;
    }

    /** How many of its processes the kernel has killed because {@code limits.memory} was used up. */
    public long oomKills() {
        return cgroup.oomKills();
    }

    /** Removes what is left of the box. */
    @Override
    public void close() {
        try {
            effects.close();
        } finally {
            try {
                end();
            } finally {
                pending.close();
            }
        }
    }

    /** Carries out the end of the plan. If one of its effects fails, the others are still carried out. */
    private void end() {
        JboxException failure = null;
        for (Step step : launched == null ? List.<Step>of() : launched.steps(Phase.END)) {
            for (Effect effect : step.effects()) {
                try {
                    effect.by(new End());
                } catch (JboxException e) {
                    failure = failure == null ? e : failure;
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private final class End implements EffectVisitor {
        @Override
        public void removeCgroups(ForegroundEffect.RemoveCgroups effect) {
            new BoxCgroup(effect.folders()).removePatiently();
        }

        @Override
        public void removeUpper(ForegroundEffect.RemoveUpper effect) {
            Config.Image image =
                    Objects.requireNonNull(request.config().rootfs().image());
            EphemeralUppers uppers = new EphemeralUppers(Store.of(kernel, image));
            OwnRoot root = new OwnRoot(kernel, registry.settings().home());
            uppers.remove(effect.folder(), root::remove);
            uppers.sweep(root::remove);
        }
    }
}
