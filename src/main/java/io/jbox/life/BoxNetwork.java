package io.jbox.life;

import io.jbox.bridge.Networks;
import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFacts;
import io.jbox.host.HostHooks;
import io.jbox.kernel.Kernel;
import io.jbox.launch.Launcher;
import io.jbox.nic.BoxLink;
import io.jbox.nic.Homecoming;
import io.jbox.nic.NetworkMap;
import io.jbox.nic.NicJournal;
import io.jbox.nic.NicRecovery;
import io.jbox.nic.RecordedBoxes;
import io.jbox.plan.ConnectPlanner;
import io.jbox.plan.Interface;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.program.Effect;
import io.jbox.program.EffectVisitor;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import io.jbox.schema.ConfigLoader;
import io.jbox.schema.DevSource;
import io.jbox.schema.ImageSource;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;
import io.jbox.yaml.DocumentCache;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Manages the interfaces of a running box. */
public final class BoxNetwork {
    private final BoxRegistry registry;
    private final Kernel kernel;
    private final String box;

    public BoxNetwork(BoxRegistry registry, String box) {
        this.registry = registry;
        this.kernel = registry.kernel();
        this.box = box;
    }

    /**
     * Moves a host interface into the box. It returns to the host when the box stops, for whatever reason.
     *
     * @param name in the box; null to keep its name
     * @throws JboxException if it cannot move; it is on the host as before then
     */
    public void move(String nic, @Nullable String name) {
        List<String> settings = new ArrayList<>(List.of("type=phys", "link=" + nic));
        if (name != null) {
            settings.add("name=" + name);
        }
        add(settings);
    }

    /**
     * Makes an interface in the box.
     *
     * @param settings {@code KEY=VALUE} each, with the keys that an element of {@code net} has
     * @return its name in the box
     */
    public String add(List<String> settings) {
        registry.running(box);
        try (BoxLock lock = BoxLock.take(kernel, registry.state().of(box))) {
            BoxRecord record = registry.settler().read(box);
            BoxState state =
                    record == null ? BoxState.STOPPED : registry.settler().judge(record);
            ProcessId init = record == null ? null : record.init();
            if (record == null || init == null || state != BoxState.RUNNING && state != BoxState.FROZEN) {
                throw BoxRegistry.ended(box);
            }
            if (!record.spec().isolation().namespaces().contains("net")) {
                throw new JboxException(box + ": shares the host's network", "it cannot have interfaces of its own");
            }
            return add(settings, record, init.pid().number());
        }
    }

    private String add(List<String> settings, BoxRecord record, int init) {
        Config config = config(settings, record);
        int first = record.spec().nics().size();
        NetworkFacts facts =
                facts(config, first, (record.spec().confinement().capabilities() & Capability.NET_ADMIN.bit()) != 0);
        Launch.Supervision supervision = new Launch.Supervision(registry.state().of(box), false);
        boolean kept = new NamespacePins(kernel, supervision.folder()).has("net");
        Plan plan = plan(config, first, facts, supervision, kept);
        try {
            new Launcher(kernel).connect(plan, init);
        } catch (JboxException e) {
            undo(record, config, first, facts);
            boolean ended = record.init() == null || !record.init().isAlive();
            throw ended ? BoxRegistry.ended(box) : inTheWordsTyped(e);
        } catch (RuntimeException | Error e) {
            undo(record, config, first, facts);
            throw e;
        }
        if (record.init() == null || !record.init().isAlive()) {
            undo(record, config, first, facts);
            throw BoxRegistry.ended(box);
        }
        List<BoxSpec.Nic> nics = new ArrayList<>(record.spec().nics());
        List<Interface> made = Interface.of(box, config.net(), first, facts);
        nics.addAll(SpecBuilder.nics(made));
        try {
            registry.networks().register(box, config.net(), first, facts);
            registry.state().write(record.with(nics));
        } catch (RuntimeException | Error e) {
            // Interfaces without a record could not be removed later.
            undo(record, config, first, facts);
            throw e;
        }
        if (record.monitor() == null || !record.monitor().isAlive()) {
            // The box has ended meanwhile, and its monitor did not know of the new interfaces.
            registry.settler().finish(record.with(nics));
            throw BoxRegistry.ended(box);
        }
        HostHooks hooks = new HostHooks(kernel, box, config.hooks().timeout().get(), supervision.folder() + "/log");
        for (Step step : plan.steps(Phase.FINISH)) {
            for (Effect effect : step.effects()) {
                effect.by(new EffectVisitor() {
                    @Override
                    public void hook(Effect.Hook script) {
                        hooks.run(step, script, 0);
                    }
                });
            }
        }
        return made.get(0).name();
    }

    /** Checks everything that can be refused before anything is made. */
    private static Plan plan(
            Config config, int first, NetworkFacts facts, Launch.Supervision supervision, boolean kept) {
        try {
            return ConnectPlanner.plan(config, first, facts, supervision, kept);
        } catch (JboxException e) {
            throw inTheWordsTyped(e);
        }
    }

    private void undo(BoxRecord record, Config config, int first, NetworkFacts facts) {
        List<BoxSpec.Nic> made = SpecBuilder.nics(Interface.of(box, config.net(), first, facts));
        NicJournal journal = journal();
        if (journal.exists()) {
            try (NicRecovery recovery = registry.lent().recovery(record, journal)) {
                for (BoxSpec.Nic nic : made) {
                    registry.lent().report(box, recovery.recover(nic.link()));
                }
            }
        }
        VethRemoval.remove(kernel, made);
        registry.networks().forget(box, first);
    }

    private NicJournal journal() {
        return NicJournal.of(kernel, registry.state().root(), box);
    }

    private Config config(List<String> settings, BoxRecord record) {
        List<String> overrides = new ArrayList<>(List.of("rootfs.path=/"));
        boolean named = false;
        String type = "";
        for (String setting : settings) {
            overrides.add("net.0." + (setting.startsWith("0.") ? setting.substring(2) : setting));
            if (setting.startsWith("name=")) {
                named = true;
                refuseTaken(setting.substring("name=".length()), record);
            }
            type = setting.startsWith("type=") ? setting.substring("type=".length()) : type;
        }
        if (List.of("none", "empty", "user").contains(type)) {
            throw new JboxException(
                    box + ": type " + type + ": cannot be added to a running box",
                    "types that can be added: veth, macvlan, vlan, ipvlan, phys");
        }
        if (!named && !type.equals("phys")) {
            overrides.add("net.0.name=" + freeName(record));
        }
        try {
            return new ConfigLoader(
                            new DocumentCache(null), registry.settings().boxes(), ImageSource.NONE, DevSource.NOBODY)
                    .loadWithoutFile(box, overrides);
        } catch (JboxException e) {
            throw inTheWordsTyped(e);
        }
    }

    /** Removes the prefix net.0 from messages: the user typed keys without it. */
    private static JboxException inTheWordsTyped(JboxException e) {
        List<Problem> problems = new ArrayList<>();
        for (Problem problem : e.problems()) {
            problems.add(
                    new Problem(problem.message().replace("net.0.", "").replace("net.0: ", ""), null, problem.hint()));
        }
        return new JboxException(problems, e.exitCode());
    }

    private void refuseTaken(String name, BoxRecord record) {
        for (BoxLink link : links(record)) {
            if (link.link().name().equals(name)) {
                throw new JboxException(box + ": already has an interface " + name, "--name another");
            }
        }
    }

    private String freeName(BoxRecord record) {
        List<String> names = new ArrayList<>();
        for (BoxLink link : links(record)) {
            names.add(link.link().name());
        }
        int number = 0;
        while (names.contains("eth" + number)) {
            number++;
        }
        return "eth" + number;
    }

    private NetworkFacts facts(Config config, int first, boolean asks) {
        RecordedBoxes recorded = new RecordedBoxes(kernel, registry.state().root());
        NetworkFacts facts = registry.networks()
                .facts(new Networks.Wanted(box, config.net(), first, asks), Networks.Purpose.START, recorded);
        for (String lacking : registry.networks().bringUp(facts)) {
            registry.notices().tell(lacking);
        }
        return facts;
    }

    /**
     * Returns lent interfaces to the host while the box keeps running.
     *
     * @param nic its name on the host; null for all
     * @return the result for each; empty if the box has no such interface
     */
    public List<Homecoming> giveBack(@Nullable String nic) {
        NicJournal journal = journal();
        if (!journal.exists()) {
            registry.running(box);
            return List.of();
        }
        try (BoxLock lock = BoxLock.take(kernel, registry.state().of(box))) {
            BoxRecord record = registry.settler().read(box);
            if (record == null) {
                throw BoxRegistry.ended(box);
            }
            try (NicRecovery recovery = registry.lent().recovery(record, journal)) {
                return recovery.recover(nic);
            }
        }
    }

    /** Its current interfaces; empty if it does not run, or shares the host's network. */
    public List<BoxLink> links() {
        BoxRecord record = registry.look(box).record();
        return record == null ? List.of() : links(record);
    }

    private List<BoxLink> links(BoxRecord record) {
        NetworkMap map = NetworkMap.ofHost(kernel);
        if (!addTo(map, record)) {
            throw new JboxException(box + ": only root can see its interfaces", "sudo jbox ...");
        }
        return map.boxes();
    }

    /** Shows how the host and the running boxes are connected. */
    public static NetworkMap map(BoxRegistry registry) {
        NetworkMap map = NetworkMap.ofHost(registry.kernel());
        for (String name : registry.state().names()) {
            BoxRecord record = registry.look(name).record();
            if (record != null && !new BoxNetwork(registry, name).addTo(map, record)) {
                registry.notices().tell(name + ": only root can see its interfaces");
            }
        }
        return map;
    }

    /** Returns whether its network could be read. */
    private boolean addTo(NetworkMap map, BoxRecord record) {
        ProcessId init = record.init();
        return init == null
                || !record.spec().isolation().namespaces().contains("net")
                || map.add(box, init.pid().number(), journal());
    }
}
