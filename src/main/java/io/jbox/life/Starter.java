package io.jbox.life;

import io.jbox.bridge.Networks;
import io.jbox.cgroup.CgroupMounts;
import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Limit;
import io.jbox.facts.Environment;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFacts;
import io.jbox.host.BoxTrees;
import io.jbox.host.HostFactsReader;
import io.jbox.host.HostHooks;
import io.jbox.host.HostPaths;
import io.jbox.host.ProcessWatch;
import io.jbox.host.Reachable;
import io.jbox.host.ResourceLimits;
import io.jbox.ids.BoxIds;
import io.jbox.ids.IdPool;
import io.jbox.ids.OwnerShift;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.launch.MonitorLauncher;
import io.jbox.launch.MonitoredBox;
import io.jbox.lsm.AppArmorProfiles;
import io.jbox.nic.NicJournal;
import io.jbox.nic.RecordedBoxes;
import io.jbox.plan.Descriptors;
import io.jbox.plan.Grants;
import io.jbox.plan.LabelSteps;
import io.jbox.plan.NetworkNotices;
import io.jbox.plan.Planner;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import io.jbox.request.Notices;
import io.jbox.request.Settings;
import io.jbox.request.StartRequest;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;
import io.jbox.state.StateFolder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Starts boxes: lock, record, hooks, launch, record. Everything before a failure is undone. */
public final class Starter {
    /** How long an earlier run of the box may take to end its hooks. */
    private static final long AFTERMATH_MILLIS = 120_000;

    private final BoxRegistry registry;
    private final Kernel kernel;
    private final StateFolder folder;
    private final Settings settings;
    private final Settler settler;
    private final Networks networks;
    private final BoxIds ids;
    private final Notices notices;
    private final BoxTrees boxTrees;
    private @Nullable List<HostFacts.Hierarchy> hierarchies;

    public Starter(BoxRegistry registry) {
        this.registry = registry;
        this.networks = registry.networks();
        this.ids = registry.ids();
        this.notices = registry.notices();
        this.kernel = registry.kernel();
        this.folder = registry.state();
        this.settings = registry.settings();
        this.settler = registry.settler();
        this.boxTrees = new KnownTrees(registry);
    }

    /** Where cgroups are mounted does not change while a host is up: looked at once. */
    private synchronized List<HostFacts.Hierarchy> hierarchies() {
        if (hierarchies == null) {
            hierarchies = CgroupMounts.hierarchies();
        }
        return hierarchies;
    }

    /** What a plan must know of this host. */
    private HostFacts facts(Config config, List<IdMapping> ids, NetworkFacts network) {
        return new HostFactsReader(settings.home() + "/rootfs-scripts", CgroupMounts.of(config, hierarchies()))
                .besides(boxTrees)
                .read(config, ids, network);
    }

    /** The box's own ids from now on, if the configuration leaves them to the host. */
    private List<IdMapping> claimIds(Config config) {
        Predicate<String> exists = new RecordedBoxes(kernel, folder.root()).or(settings.boxes()::defines);
        return config.leavesIdsToHost() ? ids.claim(config.name().get(), exists) : List.of();
    }

    /** The network; what is chosen there is the box's from now on. */
    private NetworkFacts network(Config config) {
        return networks.facts(
                Networks.Wanted.of(config), Networks.Purpose.START, new RecordedBoxes(kernel, folder.root()));
    }

    /** The launch that a start of a box is. */
    private Launch launch(Config config, String id, StartRequest request) {
        String box = config.name().get();
        Launch.Afterwards afterwards = new Launch.Afterwards(
                folder.recordFile(box),
                folder.countersFile(box),
                List.of(
                        settings.home() + "/bin/jbox",
                        "reap",
                        box,
                        id,
                        "-P",
                        settings.boxes().path()),
                reaperEnvironment(),
                BoxRecord.rebootDelaySeconds(Math.max(0, request.reboots())));
        return Launch.monitored(
                config.console().exists().get(),
                new Launch.Supervision(folder.of(box), request.foreground(), afterwards));
    }

    /** A start that is planned, and what it goes by. */
    record Planned(Planner planner, HostFacts facts, Plan plan) {
        BoxSpec spec(BoxRegistry registry, Map<String, Limit> own, StartRequest request) {
            String box = planner.config().name().get();
            return new SpecBuilder(
                            planner.config(),
                            registry.settings().boxes().path(),
                            registry.state().of(box))
                    .build(facts, planner.capabilities(), own, request);
        }
    }

    /** Plans a start of a box with the ids and addresses that it has. */
    Planned planned(Config config, String id, StartRequest request) {
        NetworkFacts network = network(config);
        HostFacts facts = facts(config, claimIds(config), network);
        Planner planner = new Planner(config, facts, launch(config, id, request));
        return new Planned(planner, facts, planner.plan());
    }

    /** What a start in the background does. */
    public Plan plan(Config config) {
        String box = config.name().get();
        HostFacts facts = new HostSurvey(registry).of(config);
        if (facts.isOrdinary() && !Grants.rootOnly(config).isEmpty()) {
            notices.tell(box + ": only root can start this box: this is the plan of sudo jbox start");
            facts = facts.asRoot(List.of(IdMapping.range(IdPool.DEFAULT_FIRST)));
        }
        return new Planner(config, facts, launch(config, "ID", StartRequest.of(box))).plan();
    }

    /**
     * Returns when the box runs.
     *
     * @throws JboxException if it runs already, or cannot be started
     */
    public Started start(Config config, StartRequest request) {
        String box = config.name().get();
        NetworkFacts network = network(config);
        HostFacts facts = facts(config, claimIds(config), network);
        String id = Long.toString(System.nanoTime(), Character.MAX_RADIX) + "-" + OwnProcess.pid(kernel);
        Launch launch = launch(config, id, request);
        Planner planner = new Planner(config, facts, launch);
        // What can be refused is, before anything is made.
        Plan plan = planner.plan();
        for (String notice : Reachable.notices(config, facts.isOrdinary())) {
            notices.tell(notice);
        }
        for (String notice : NetworkNotices.of(config, network)) {
            notices.tell(notice);
        }
        if (!facts.isOrdinary() && config.appArmor().get().equals("generated") && AppArmorProfiles.isWithoutParser()) {
            notices.tell(box
                    + ": this host has AppArmor, but no apparmor_parser to load jbox's profile: apt install apparmor");
        }
        if (facts.isOrdinary() && facts.hierarchies().isEmpty()) {
            notices.tell(box + ": this user has no cgroup: the box has no limits and cannot be frozen ("
                    + "systemd-run --user --scope -p Delegate=yes jbox start ... has one)");
        }
        try (Run run = new Run(config, request, id, launch, facts, planner)) {
            return run.start(plan);
        }
    }

    /** The box's lock, once nothing of an earlier run is left. */
    private BoxLock lockStopped(String box) {
        while (true) {
            BoxLock lock = BoxLock.take(kernel, folder.of(box));
            boolean keep = false;
            try {
                BoxRecord record = settler.read(box);
                if (record == null) {
                    refuseIfOwed(box);
                    keep = true;
                    return lock;
                }
                BoxState state = settler.judge(record);
                if (state == BoxState.STOPPED || state == BoxState.STARTING || state == BoxState.ABORTING) {
                    settler.finish(record);
                    refuseIfOwed(box);
                    keep = true;
                    return lock;
                }
                ProcessId init = record.init();
                if (state != BoxState.STOPPING || init == null || init.isAlive()) {
                    throw new JboxException(
                            box + ": is already running" + (init == null ? "" : ", init is " + init.pid()),
                            record.spec()
                                            .origin()
                                            .boxes()
                                            .equals(settings.boxes().path())
                                    ? null
                                    : "it was started from "
                                            + record.spec().origin().config());
                }
                lock.close();
                awaitAftermath(record);
            } finally {
                if (!keep) {
                    lock.close();
                }
            }
        }
    }

    /** What an earlier run had of the host's must be back before there is another network in its place. */
    private void refuseIfOwed(String box) {
        NicJournal journal = NicJournal.of(kernel, folder.root(), box);
        if (journal.exists()) {
            settler.recoverOrphans(box, false);
        }
        if (journal.exists()) {
            throw new JboxException(
                    box + ": an interface of the host that was lent to it is not back",
                    "jbox net recover tries again, and then forgets it");
        }
    }

    private void awaitAftermath(BoxRecord record) {
        try (ProcessWatch monitor = ProcessWatch.find(kernel, record.monitor())) {
            if (monitor != null && !monitor.await(AFTERMATH_MILLIS)) {
                throw new JboxException(record.spec().name() + ": still cleaning up after its last run");
            }
        }
    }

    /** A box that was just started. */
    public record Started(BoxRecord record, MonitoredBox box) {}

    private void abort(BoxRecord record, Throwable cause) {
        try {
            folder.write(record);
        } catch (JboxException e) {
            // The disk is full perhaps: all the more reason to go on.
            cause.addSuppressed(e);
        }
        settler.finish(record);
    }

    private void writePidFile(@Nullable String path, List<String> own, int pid) {
        if (path == null) {
            return;
        }
        try (OutputStream out = new HostPaths(kernel, own, boxTrees).write(path, false)) {
            out.write((pid + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new JboxException(new Problem("pid file " + path + ": " + SystemError.of(e), null, null));
        }
    }

    /** One start: what of its plan is no system call, and the record of how far it has come. */
    private final class Run implements MonitorLauncher.Stages, AutoCloseable {
        private final Config config;
        private final String box;
        private final StartRequest request;
        private final String id;
        private final Launch launch;
        private final HostFacts facts;
        private final Planner planner;
        private @Nullable BoxLock lock;
        private @Nullable BoxRecord record;
        private OwnerShift.@Nullable Hold hold;
        private boolean planAnew;

        Run(Config config, StartRequest request, String id, Launch launch, HostFacts facts, Planner planner) {
            this.config = config;
            this.box = config.name().get();
            this.request = request;
            this.id = id;
            this.launch = launch;
            this.facts = facts;
            this.planner = planner;
        }

        public Started start(Plan planned) {
            try {
                for (Step step : planned.steps(Phase.BEGIN)) {
                    for (Effect effect : step.effects()) {
                        carryOut(step, effect, Map.of(), 0);
                    }
                }
                // What a template has made was not there when the start was planned.
                Plan plan = planAnew
                        ? new Planner(config, facts(config, facts.ids(), facts.network()), launch).plan()
                        : planned;
                request.observer().begins(plan);
                MonitoredBox made = new MonitorLauncher(kernel).launch(plan, request.foreground(), this);
                Fd.of(kernel, made.monitorPidfd()).close();
                writePidFile(request.pidFile(), config.hostTrees(), made.init());
                BoxRecord running = record();
                if (!request.foreground()
                        && running.monitor() != null
                        && !running.monitor().isAlive()) {
                    // It was quicker: nothing is owed, or it was killed. The record was its to take away.
                    settler.finish(running);
                }
                request.observer().runs(box, made.init());
                return new Started(running, made);
            } catch (RuntimeException | Error e) {
                if (record != null) {
                    abort(record.in(BoxState.ABORTING), e);
                }
                throw e;
            }
        }

        private BoxRecord record() {
            if (record == null) {
                throw new IllegalStateException("nothing is recorded yet");
            }
            return record;
        }

        @Override
        public void made(int monitor, int init) {
            ProcessId initId = ProcessId.find(init);
            if (initId == null || ProcessId.parentOf(init) != monitor) {
                throw new JboxException(box + ": the first process died at once");
            }
            record = record().with(ProcessId.find(monitor), initId);
        }

        @Override
        public void runs(int console, List<Integer> ttys) {
            record = record().with(console, ttys).in(BoxState.RUNNING);
        }

        @Override
        public void carryOut(Step step, Effect effect, Map<Descriptor, Integer> open, int init) {
            switch (effect.kind()) {
                case BRIDGE_UP -> bringUp();
                case LOCK_BOX -> lock();
                case REGISTER -> {
                    networks.forget(box, config.net().size());
                    networks.register(box, config.net(), 0, facts.network());
                }
                case RECORD -> write();
                case KEEP_FILTER -> {
                    if (facts.filter() != null) {
                        folder.writeFilter(box, facts.filter().program());
                    }
                }
                case HOOK ->
                    new HostHooks(kernel, box, config.hooks().timeout().get(), folder.of(box) + "/log")
                            .run(step, effect, init);
                case TEMPLATE -> {
                    registry.templates().make(step, effect);
                    planAnew = true;
                }
                case LOAD_PROFILE -> AppArmorProfiles.load(LabelSteps.generated(config, facts));
                case HOLD_TREES -> {
                    hold = new TreeUsers(registry).holds(box).bring(planner.config());
                    open.put(Descriptors.TREE_LOCKS, hold.copy().number());
                }
                case PIN_NAMESPACES ->
                    new NamespacePins(kernel, folder.of(box))
                            .pin(init, record().spec().isolation().namespaces());
                case PROGRAM, JOURNAL, ENTER_CGROUP -> throw new IllegalArgumentException(effect.notation());
            }
        }

        private void bringUp() {
            for (String lacking : networks.bringUp(facts.network())) {
                notices.tell(lacking);
            }
        }

        private void lock() {
            folder.make(box);
            lock = lockStopped(box);
            if (!request.isByReboot()) {
                folder.mayStart(box);
            } else if (folder.isToStayStopped(box)) {
                throw new JboxException(box + ": was stopped during its reboot");
            }
        }

        private void write() {
            if (record == null) {
                BoxSpec spec = new SpecBuilder(
                                planner.config(), settings.boxes().path(), folder.of(box))
                        .build(facts, planner.capabilities(), ResourceLimits.read(kernel), request);
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
                folder.forgetCounters(box);
                folder.write(first);
                record = first;
            } else if (record.state() == BoxState.STARTING) {
                folder.writeQuickly(record);
            } else {
                folder.write(record);
            }
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
    }

    /** What the launcher needs to come to the same JVM and folders. */
    private static List<String> reaperEnvironment() {
        List<String> environment = new ArrayList<>();
        environment.add(Environment.PATH);
        environment.add("JBOX_JAVA=" + System.getProperty("java.home") + "/bin/java");
        for (String name : List.of("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CACHE_HOME", "JBOX_CONFIG_PATH")) {
            String value = System.getenv(name);
            if (value != null) {
                environment.add(name + "=" + value);
            }
        }
        return environment;
    }
}
