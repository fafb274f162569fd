package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.facts.HostFacts;
import io.jbox.host.HostHooks;
import io.jbox.host.HostPaths;
import io.jbox.host.ResourceLimits;
import io.jbox.ids.OwnerShift;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.launch.Effects;
import io.jbox.launch.Launcher;
import io.jbox.launch.MonitoredBox;
import io.jbox.lsm.AppArmorProfiles;
import io.jbox.number.Pid;
import io.jbox.plan.Descriptors;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.EffectVisitor;
import io.jbox.program.NetworkEffect;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import io.jbox.request.StartRequest;
import io.jbox.state.AgentFolder;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.state.BoxState;
import io.jbox.state.MemoryEvents;
import io.jbox.state.ProcessId;
import io.jbox.state.StateFolder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One start of a box: the effects of its plan that are not system calls, and the record of its progress. */
final class Start implements Effects, AutoCloseable {
    private final BoxRegistry registry;
    private final Kernel kernel;
    private final StateFolder folder;
    private final StartPlanner planning;
    private final StartPlanner.Planned planned;
    private final String id;
    private final StartRequest request;
    private final SeenFiles seen;
    private final Config config;
    private final HostFacts facts;
    private final String box;
    private @Nullable BoxLock lock;
    private @Nullable BoxRecord record;
    private OwnerShift.@Nullable Hold hold;
    private boolean planAnew;

    /**
     * @param id that the record will have
     * @param seen what was there before it was planned
     */
    Start(
            BoxRegistry registry,
            StartPlanner planning,
            StartPlanner.Planned planned,
            String id,
            StartRequest request,
            SeenFiles seen) {
        this.seen = seen;
        this.registry = registry;
        this.kernel = registry.kernel();
        this.folder = registry.state();
        this.planning = planning;
        this.planned = planned;
        this.id = id;
        this.request = request;
        this.config = planned.config();
        this.facts = planned.facts();
        this.box = config.name().get();
    }

    /** Returns when the box runs. */
    Started run() {
        MonitoredBox made = new Launcher(kernel).start(planned.plan(), request.foreground(), this);
        made.monitorPidfd().close();
        BoxRecord running = record();
        if (!request.foreground()
                && running.monitor() != null
                && !running.monitor().isAlive()) {
            // The monitor has ended already, or was killed. If it has not removed the record, this does.
            registry.settler().finish(running);
        }
        request.observer().runs(box, made.init());
        return new Started(running, made);
    }

    @Override
    public Plan begun(Plan first) {
        Plan plan = planAnew ? planning.again(planned) : first;
        request.observer().begins(plan);
        return plan;
    }

    private BoxRecord record() {
        if (record == null) {
            throw new IllegalStateException("nothing is recorded yet");
        }
        return record;
    }

    @Override
    public void carryOut(Step step, Effect effect, Map<Descriptor, Fd> open, Processes made) {
        effect.by(new Interpreter(step, open, made));
    }

    /** Carries out one effect of a step. */
    private final class Interpreter implements EffectVisitor {
        private final Step step;
        private final Map<Descriptor, Fd> open;
        private final Processes made;

        Interpreter(Step step, Map<Descriptor, Fd> open, Processes made) {
            this.step = step;
            this.open = open;
            this.made = made;
        }

        @Override
        public void bridgeUp(NetworkEffect.BridgeUp bridge) {
            for (String lacking : registry.networks().bringUp(bridge.bridge())) {
                registry.notices().tell(lacking);
            }
        }

        @Override
        public void lockBox(Effect.LockBox locking) {
            lock();
        }

        @Override
        public void register(NetworkEffect.Register names) {
            registry.networks().forget(box, config.net().size());
            registry.networks().register(box, config.net(), 0, facts.network());
        }

        @Override
        public void writeRecord(Effect.WriteRecord writing) {
            switch (writing.recorded()) {
                case BEGUN -> begin();
                case MADE -> writeMade();
                case RUNS -> {
                    record = record().with(master(), ttys()).in(BoxState.RUNNING);
                    folder.write(record());
                }
            }
        }

        private void writeMade() {
            ProcessId init = ProcessId.find(new Pid(made.main()));
            if (init == null || ProcessId.parentOf(init.pid()) != made.child()) {
                throw new JboxException(box + ": the first process died at once");
            }
            record = record().with(ProcessId.find(new Pid(made.child())), init);
            folder.writeQuickly(record());
        }

        /** The number of the console's descriptor, the same in the monitor; negative for none. */
        private int master() {
            Fd master = open.get(Descriptors.MASTER);
            return master == null ? -1 : master.number();
        }

        private List<Integer> ttys() {
            List<Integer> ttys = new ArrayList<>();
            for (Descriptor master : Descriptors.ttyMasters(open)) {
                ttys.add(Objects.requireNonNull(open.get(master)).number());
            }
            return ttys;
        }

        @Override
        public void writePid(Effect.WritePid writing) {
            Start.this.writePid(writing.path(), made.main());
        }

        @Override
        public void makeCaches(Effect.MakeCaches caches) {
            new DevSession(Objects.requireNonNull(config.dev())).makeCaches();
        }

        @Override
        public void makeAgentFolder(Effect.MakeAgentFolder agent) {
            AgentFolder.make(kernel, agent.folder());
        }

        @Override
        public void settle(Effect.Settle settling) {
            Start.this.settle();
        }

        @Override
        public void keepFilter(Effect.KeepFilter keep) {
            folder.writeFilter(box, keep.filter().program());
        }

        @Override
        public void hook(Effect.Hook hook) {
            new HostHooks(kernel, box, config.hooks().timeout().get(), folder.of(box) + "/log")
                    .run(step, hook, made.main());
        }

        @Override
        public void template(Effect.Template template) {
            registry.templates().make(step, template);
            planAnew = true;
        }

        @Override
        public void loadProfile(Effect.LoadProfile load) {
            AppArmorProfiles.load(load.profile());
        }

        @Override
        public void holdTrees(Effect.HoldTrees trees) {
            hold = new TreeUsers(registry).holds(box).bring(planned.planner().config());
            open.put(trees.locks(), hold.copy());
        }

        @Override
        public void pinNamespaces(Effect.PinNamespaces pin) {
            new NamespacePins(kernel, folder.of(box))
                    .pin(made.main(), record().spec().isolation().namespaces());
        }
    }

    private void lock() {
        BoxLock taken = new StartLock(registry).take(box);
        lock = taken;
        if (!request.isByReboot()) {
            requireSeen(taken);
            folder.mayStart(box);
        } else if (folder.isToStayStopped(box)) {
            throw new JboxException(box + ": was stopped during its reboot");
        }
    }

    private void requireSeen(BoxLock taken) {
        try {
            seen.require();
        } catch (JboxException e) {
            folder.forgetIfEmpty(box, taken);
            throw e;
        }
    }

    private void begin() {
        BoxSpec spec = planned.spec(registry, ResourceLimits.read(kernel), request);
        BoxRecord first = new BoxRecord(
                id,
                folder.boot(),
                BoxState.STARTING,
                null,
                null,
                null,
                System.currentTimeMillis(),
                spec,
                -1,
                List.of(),
                Math.max(0, request.reboots()),
                Map.of());
        new MemoryEvents(folder, box).forget();
        folder.write(first);
        record = first;
    }

    @Override
    public void close() {
        if (hold != null) {
            hold.close();
        }
        if (lock != null) {
            lock.close();
        }
    }

    /** Cleans up after a failed start. Its own errors become notices, so that the original error is thrown. */
    private void settle() {
        BoxRecord aborting = record().in(BoxState.ABORTING);
        try {
            folder.write(aborting);
        } catch (JboxException e) {
            // Perhaps the disk is full: the cleanup matters all the more.
            registry.notices().tell(String.valueOf(e.getMessage()));
        }
        try {
            registry.settler().finish(aborting);
        } catch (JboxException e) {
            registry.notices().tell(String.valueOf(e.getMessage()));
        }
    }

    private void writePid(String path, int pid) {
        try (OutputStream out =
                new HostPaths(kernel, config.hostTrees(), new KnownTrees(registry)).write(path, false)) {
            out.write((pid + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new JboxException(new Problem("pid file " + path + ": " + SystemError.of(e), null, null));
        }
    }
}
