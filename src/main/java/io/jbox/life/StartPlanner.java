package io.jbox.life;

import io.jbox.bridge.Networks;
import io.jbox.cgroup.CgroupMounts;
import io.jbox.config.BoxFolders;
import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Limit;
import io.jbox.facts.Environment;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFacts;
import io.jbox.host.HostFactsReader;
import io.jbox.ids.IdPool;
import io.jbox.kernel.Kernel;
import io.jbox.nic.RecordedBoxes;
import io.jbox.plan.CompiledNetwork;
import io.jbox.plan.Grants;
import io.jbox.plan.Planner;
import io.jbox.program.Plan;
import io.jbox.request.Settings;
import io.jbox.request.StartRequest;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.state.MemoryEvents;
import io.jbox.state.StateFolder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Plans starts: reads the facts of this host, and claims ids and addresses for the box. */
final class StartPlanner {
    /** Variables of the caller that the reaper gets, so that it finds the same folders. */
    static final List<String> REAPER_VARIABLES =
            List.of("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CACHE_HOME", "JBOX_CONFIG_PATH");

    private final BoxRegistry registry;
    private final Kernel kernel;
    private final StateFolder folder;
    private final Settings settings;
    private @Nullable List<HostFacts.Hierarchy> hierarchies;

    StartPlanner(BoxRegistry registry) {
        this.registry = registry;
        this.kernel = registry.kernel();
        this.folder = registry.state();
        this.settings = registry.settings();
    }

    /**
     * A planned start with the facts that it is based on.
     *
     * @param config as loaded; the planner's copy has the claimed ids
     */
    record Planned(Config config, HostFacts facts, Launch launch, Planner planner, Plan plan) {
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
        return planned(config, id, request, network(config));
    }

    /** The same with placeholders for the names that a program chooses. */
    Planned toCompile(Config config, String id, StartRequest request) {
        return planned(config, id, request, new CompiledNetwork(config.net()).placed(network(config)));
    }

    private Planned planned(Config config, String id, StartRequest request, NetworkFacts network) {
        HostFacts facts = facts(config, claimIds(config), network);
        Launch launch = launch(config, id, request);
        Planner planner = new Planner(config, facts, launch);
        return new Planned(config, facts, launch, planner, planner.plan());
    }

    /** Plans a start again after its template was made, since the new files did not exist when it was planned. */
    Plan again(Planned first) {
        Config config = first.config();
        HostFacts facts = facts(config, first.facts().ids(), first.facts().network());
        return new Planner(config, facts, first.launch()).plan();
    }

    /** Plans a start in the background. */
    Plan plan(Config config) {
        String box = config.name().get();
        HostFacts facts = new HostSurvey(registry).of(config);
        if (facts.isOrdinary() && !Grants.rootOnly(config).isEmpty()) {
            registry.notices().tell(box + ": only root can start this box: this is the plan of sudo jbox start");
            facts = facts.asRoot(List.of(IdMapping.range(IdPool.DEFAULT_FIRST)));
        }
        return new Planner(config, facts, launch(config, "ID", StartRequest.of(box))).plan();
    }

    /** The mounts of the cgroup hierarchies. They do not change while a host is up, so they are read once. */
    private synchronized List<HostFacts.Hierarchy> hierarchies() {
        if (hierarchies == null) {
            hierarchies = CgroupMounts.hierarchies();
        }
        return hierarchies;
    }

    /** Gathers the facts of this host that a plan needs. */
    private HostFacts facts(Config config, List<IdMapping> ids, NetworkFacts network) {
        return new HostFactsReader(settings.home() + "/rootfs-scripts", CgroupMounts.of(config, hierarchies()))
                .besides(new KnownTrees(registry))
                .read(config, ids, network);
    }

    /** Claims ids for the box, if the configuration leaves them to the host. */
    private List<IdMapping> claimIds(Config config) {
        return config.leavesIdsToHost()
                ? registry.ids()
                        .claim(
                                config.name().get(),
                                new RecordedOrDefined(
                                        new RecordedBoxes(kernel, folder.root()),
                                        registry.settings().boxes()))
                : List.of();
    }

    /** Tells whether a box has records, or is defined. */
    private record RecordedOrDefined(RecordedBoxes recorded, BoxFolders boxes) implements Predicate<String> {
        @Override
        public boolean test(String box) {
            return recorded.test(box) || boxes.defines(box);
        }
    }

    /** Reads the network, and claims names and addresses for the box. */
    private NetworkFacts network(Config config) {
        return registry.networks()
                .facts(Networks.Wanted.of(config), Networks.Purpose.START, new RecordedBoxes(kernel, folder.root()));
    }

    /** The launch for a start of a box. */
    private Launch launch(Config config, String id, StartRequest request) {
        String box = config.name().get();
        Launch.Afterwards afterwards = new Launch.Afterwards(
                folder.recordFile(box),
                new MemoryEvents(folder, box).file(),
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
                config.terminals().console().exists().get(),
                new Launch.Supervision(folder.of(box), request.foreground(), afterwards, request.pidFile()));
    }

    /** The environment in which the launcher finds the same JVM and folders. */
    private static List<String> reaperEnvironment() {
        List<String> environment = new ArrayList<>();
        environment.add(Environment.PATH);
        environment.add("JBOX_JAVA=" + System.getProperty("java.home") + "/bin/java");
        for (String name : REAPER_VARIABLES) {
            String value = System.getenv(name);
            if (value != null) {
                environment.add(name + "=" + value);
            }
        }
        return environment;
    }
}
