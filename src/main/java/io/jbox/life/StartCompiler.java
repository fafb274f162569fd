package io.jbox.life;

import io.jbox.bridge.Networks;
import io.jbox.compile.CommandProgram;
import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.MountEntry;
import io.jbox.config.Net;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.KnownBox;
import io.jbox.facts.NetworkValidity;
import io.jbox.facts.StartFacts;
import io.jbox.facts.StartFacts.Records;
import io.jbox.facts.Validity;
import io.jbox.host.Reachable;
import io.jbox.host.ResourceLimits;
import io.jbox.ids.TreeLocks;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.plan.CompiledNetwork;
import io.jbox.plan.CompiledStart;
import io.jbox.plan.Descriptors;
import io.jbox.plan.Masks;
import io.jbox.plan.NetworkNotices;
import io.jbox.problem.RawText;
import io.jbox.program.Descriptor;
import io.jbox.request.StartRequest;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;
import io.jbox.state.RecordFile;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Compiles the start of a box, where nothing of it needs jbox. */
final class StartCompiler {
    private final BoxRegistry registry;
    private final Kernel kernel;
    private final String launcher;

    StartCompiler(BoxRegistry registry, String launcher) {
        this.registry = registry;
        this.kernel = registry.kernel();
        this.launcher = launcher;
    }

    /** Files that are compared, paths at which there must be nothing, and the rest of what a program relies on. */
    interface Validities {
        Validity of(List<String> contents, List<String> absent);
    }

    /** What a program would be made of. */
    private record Attempt(StartPlanner.Planned planned, StartFacts facts, Validity validity) {}

    /**
     * Looks twice: what the program compares is what it was planned with only if it was the same before and after.
     *
     * @return null if the start cannot be compiled
     */
    byte @Nullable [] compile(BoxDefinition definition, Validities validities) {
        Attempt before = attempt(definition, validities);
        Attempt after = before == null ? null : attempt(definition, validities);
        if (before == null
                || after == null
                || !before.validity.isSameAs(after.validity)
                || !before.facts.network().equals(after.facts.network())) {
            return null;
        }
        String name = after.planned.planner().config().name().get();
        return program(after.planned, after.facts, definition.file(), after.validity, name);
    }

    private @Nullable Attempt attempt(BoxDefinition definition, Validities validities) {
        Config config = definition.loader().load();
        String file = definition.file();
        StartPlanner.Planned planned = new StartPlanner(registry).toCompile(config, Records.ID, StartRequest.of(file));
        HostFacts facts = planned.facts();
        if (!isSimple(config, file, facts)) {
            return null;
        }
        NetworkValidity network = registry.networks().validity(Networks.Wanted.of(config), facts.network());
        if (network == null) {
            return null;
        }
        List<String> contents = new ArrayList<>(List.of(file, registry.state().root() + "/.pidns"));
        List<String> absent = new ArrayList<>(definition.earlier());
        absent.add(registry.settings().ids() + "/shifts");
        for (String path : List.of("/etc/subuid", "/etc/subgid")) {
            (new File(path).exists() ? contents : absent).add(path);
        }
        contents.addAll(network.contents());
        absent.addAll(network.absent());
        List<String> present = new ArrayList<>(network.present());
        List<String> candidates = new ArrayList<>(Masks.candidates());
        candidates.addAll(HostFacts.securityModules());
        for (String path : candidates) {
            (facts.exists(path) ? present : absent).add(path);
        }
        Map<String, byte[]> folders = new LinkedHashMap<>();
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            folder(hierarchy.path(), folders);
            String controllers = hierarchy.path() + "/cgroup.controllers";
            if (new File(controllers).exists()) {
                contents.add(controllers);
            }
        }
        List<Long> locks = new ArrayList<>();
        for (String tree : config.hostTrees()) {
            folder(tree, folders);
            FileStatus status = FileStatus.of(kernel, tree);
            if (status == null) {
                return null;
            }
            locks.add(TreeLocks.offset(status));
        }
        String rootfs = config.rootfs().path().get().path();
        Map<String, @Nullable String> variables = new LinkedHashMap<>();
        variables.put("TERM", System.getenv("TERM"));
        for (String name : StartPlanner.REAPER_VARIABLES) {
            variables.put(name, System.getenv(name));
        }
        StartFacts start = new StartFacts(
                registry.state().of(config.name().get()),
                book(config, facts),
                folders,
                naming(rootfs, facts.etc()),
                rootfs,
                present,
                variables,
                network,
                new StartFacts.Locks(registry.settings().ids() + "/users", locks));
        for (String path : absent) {
            if (new File(path).exists()) {
                // A program that never runs is of no use: owners of trees are changed on this host, say.
                return null;
            }
        }
        return new Attempt(planned, start, validities.of(contents, absent));
    }

    private byte @Nullable [] program(
            StartPlanner.Planned planned, StartFacts start, String file, Validity validity, String name) {
        BoxSpec spec = planned.spec(registry, ResourceLimits.read(kernel), StartRequest.of(file));
        Records records = new Records(
                text(spec.toMap()),
                text(record(spec, BoxState.STARTING, null, null).toMap()),
                text(record(spec, BoxState.STARTING, monitor(), init()).toMap()));
        try {
            int veths = 0;
            for (Net net : planned.config().net()) {
                veths += net.is("veth") && net.vethPair() == null ? 1 : 0;
            }
            CompiledStart compiled = new CompiledStart(
                    planned.plan(),
                    start,
                    records,
                    validity,
                    new CompiledNetwork(veths),
                    launcher,
                    List.of("start", name));
            return CommandProgram.of(kernel, compiled, open -> running(spec, open), launcher);
        } catch (CompiledStart.NotCompiledException e) {
            return null;
        }
    }

    /** What is not here has its own reasons to look at the host, or tells the user something at each start. */
    private boolean isSimple(Config config, String file, HostFacts facts) {
        // A file of the working folder is found from there alone.
        boolean simple = file.startsWith("/")
                && facts.network().down().isEmpty()
                && facts.network().owners().isEmpty()
                && facts.network().own().isEmpty()
                && !facts.isOrdinary()
                && config.hooks().commands().isEmpty()
                && !config.rootfs().path().get().isOverlay()
                && !config.shifts()
                && !config.ephemeral().get()
                && config.seccomp().get().equals("default")
                && config.log().file() == null
                && config.log().level().place().isDefault()
                && config.console().logfile() == null
                && facts.etc().resolvConfTarget() == null
                && Reachable.notices(config, false).isEmpty()
                && NetworkNotices.of(config, facts.network()).isEmpty()
                && isAlone(file);
        for (Net net : config.net()) {
            simple &= net.is("empty") || net.is("none") || net.is("veth");
        }
        for (Value<MountEntry> entry : config.mount().entries()) {
            simple &= !entry.get().has("optional");
        }
        for (Map.Entry<String, String> path : facts.followed().entrySet()) {
            simple &= path.getKey().equals(path.getValue());
        }
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            simple &= hierarchy.initial().isEmpty();
        }
        return simple && !new File(Masks.PROCESSORS + "/cpu0/" + Masks.THERMAL).exists();
    }

    /** Whether a configuration includes no other file. */
    private static boolean isAlone(String file) {
        try {
            return !Files.readString(Path.of(file)).contains("include");
        } catch (IOException e) {
            return false;
        }
    }

    private void folder(String path, Map<String, byte[]> folders) {
        byte[] status = FileStatus.bytes(kernel, path);
        if (status != null) {
            folders.put(path, status);
        }
    }

    private StartFacts.@Nullable Line book(Config config, HostFacts facts) {
        if (!config.leavesIdsToHost() || facts.ids().isEmpty()) {
            return null;
        }
        IdMapping range = facts.ids().get(0);
        return new StartFacts.Line(
                registry.settings().ids() + "/book",
                range.outside() + " " + config.name().get());
    }

    /** The naming files as the plan knows them. */
    private static KnownBox naming(String rootfs, HostFacts.Etc etc) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        List<String> missing = new ArrayList<>();
        String[] contents = {etc.hosts(), etc.hostname(), etc.resolvConf()};
        for (int i = 0; i < contents.length; i++) {
            String path = "etc/" + HostFacts.Etc.FILES.get(i);
            if (contents[i] == null) {
                missing.add(path);
            } else {
                files.put(path, RawText.encode(contents[i]));
            }
        }
        return new KnownBox(rootfs, files, missing);
    }

    private static ProcessId monitor() {
        return new ProcessId(Records.MONITOR, Records.MONITOR_START);
    }

    private static ProcessId init() {
        return new ProcessId(Records.INIT, Records.INIT_START);
    }

    private BoxRecord record(BoxSpec spec, BoxState state, @Nullable ProcessId monitor, @Nullable ProcessId init) {
        return new BoxRecord(
                Records.ID,
                registry.state().boot(),
                state,
                monitor,
                init,
                null,
                Records.TIME,
                spec,
                -1,
                List.of(),
                0,
                Map.of());
    }

    private String running(BoxSpec spec, Map<Descriptor, Integer> open) {
        List<Integer> ttys = new ArrayList<>();
        for (int i = 1; open.containsKey(Descriptors.ttyMaster(i)); i++) {
            ttys.add(open.get(Descriptors.ttyMaster(i)));
        }
        BoxRecord made = record(spec, BoxState.STARTING, monitor(), init());
        int console = open.getOrDefault(Descriptors.MASTER, -1);
        return text(made.with(console, ttys).in(BoxState.RUNNING).toMap());
    }

    /** As records are written. */
    private static String text(Map<String, Object> fields) {
        return RecordFile.text(fields);
    }
}
