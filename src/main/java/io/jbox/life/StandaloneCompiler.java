package io.jbox.life;

import io.jbox.cgroup.CgroupMounts;
import io.jbox.compile.StandaloneProgram;
import io.jbox.config.CommandName;
import io.jbox.config.Config;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.facts.Form;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Label;
import io.jbox.facts.Launch;
import io.jbox.facts.LaunchFacts;
import io.jbox.facts.StandaloneFacts;
import io.jbox.host.Reachable;
import io.jbox.ids.TreeLocks;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.plan.NotCompiledException;
import io.jbox.plan.Planner;
import io.jbox.plan.StandaloneRun;
import io.jbox.problem.JboxException;
import io.jbox.state.PendingWork;
import java.io.File;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Compiles {@code run} for a box to a file that needs neither jbox nor a JVM, on this host or another. */
public final class StandaloneCompiler {
    /** How many commands of one file can run at once. */
    private static final int SLOTS = 8;
    /** The first kind that the caller's descriptors match is taken; the last two are for input that is no terminal. */
    private static final List<StreamKind> KINDS = List.of(
            StreamKind.TTT,
            StreamKind.TTP,
            StreamKind.TPT,
            StreamKind.TPS,
            StreamKind.TPP,
            StreamKind.PS,
            StreamKind.PP);

    private static final String CGROUPS = "/sys/fs/cgroup";
    /** The controllers of version 2 (Documentation/admin-guide/cgroup-v2.rst). */
    private static final List<String> CONTROLLERS =
            List.of("cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc");

    private final BoxRegistry registry;
    private final Kernel kernel;

    public StandaloneCompiler(BoxRegistry registry) {
        this.registry = registry;
        this.kernel = registry.kernel();
    }

    /**
     * Compiles the file to execute. Its slots get ids in the book of this host.
     *
     * @param version shown by the file behind the name of the box
     * @throws JboxException if it cannot be compiled
     */
    public byte[] compile(BoxDefinition definition, String version) {
        Config config = definition.loader().load(0).config();
        String name = config.name().get();
        try {
            LaunchSurvey.refuse(config);
            LaunchSurvey.refuse(config.rootfs().path().get().isOverlay(), "its root file system has layers");
            LaunchSurvey.refuse(!OwnProcess.isRoot(kernel), "it does not belong to root");
            if (config.confinement().appArmor().get().equals("generated")
                    && new File(Label.APPARMOR_PROFILES).exists()) {
                registry.notices().tell(name + ": the file has no AppArmor profile, which jbox would load");
            }
            for (Net net : config.net()) {
                LaunchSurvey.refuse(
                        !(net.is(NetType.EMPTY) || net.is(NetType.NONE)),
                        "it has a NIC of type " + net.type().get() + " ("
                                + net.type().place() + "), which only jbox can connect");
            }
            for (String notice : Reachable.notices(config, false)) {
                registry.notices().tell(notice);
            }
            List<StandaloneRun> slots = new ArrayList<>();
            for (int slot = 0; slot < SLOTS; slot++) {
                slots.add(slot(config, slot, name + ": " + version));
            }
            return StandaloneProgram.of(kernel, slots);
        } catch (NotCompiledException e) {
            throw new JboxException(
                    name + ": cannot be a file of its own: " + e.getMessage(), "jbox run " + name + " -- COMMAND");
        }
    }

    private StandaloneRun slot(Config config, int slot, String version) throws NotCompiledException {
        String command = config.name().get() + CommandName.slotSuffix(slot);
        RunPlanner planning = new RunPlanner(registry);
        HostFacts here = planning.facts(config, command, planning.network(config, command));
        LaunchSurvey.refuseLinks(here);
        List<Form> forms = new ArrayList<>();
        List<List<HostFacts.Hierarchy>> cgroups = cgroups(config, here);
        for (StreamKind kind : KINDS) {
            for (List<HostFacts.Hierarchy> hierarchies : cgroups) {
                forms.add(new Form(kind.streams(), anyHost(config, here, hierarchies)));
            }
        }
        List<String> locks = new ArrayList<>();
        for (int each = 0; each < SLOTS; each++) {
            locks.add(PendingWork.slotFile(
                    registry.state().root(),
                    CommandName.slot(config.name().get() + CommandName.slotSuffix(each)),
                    config.name().get()));
        }
        Map<String, byte[]> trees = new LinkedHashMap<>();
        List<Long> bytes = new ArrayList<>();
        for (String tree : config.hostTrees()) {
            FileStatus status = FileStatus.of(kernel, tree);
            byte[] all = FileStatus.bytes(kernel, tree);
            if (status == null || all == null) {
                throw new NotCompiledException("there is no " + tree);
            }
            trees.put(tree, all);
            bytes.add(TreeLocks.offset(status));
        }
        return new StandaloneRun(
                config,
                forms,
                new StandaloneFacts(
                        trees,
                        locks,
                        new LaunchSurvey(registry).book(config, command, here),
                        new LaunchFacts.Locks(registry.settings().ids() + "/users", bytes),
                        version));
    }

    /**
     * The alternatives for cgroups that the configuration permits: those of this host, those of a host with version 2
     * alone, and none.
     */
    private static List<List<HostFacts.Hierarchy>> cgroups(Config config, HostFacts here) {
        List<HostFacts.Hierarchy> second =
                CgroupMounts.of(config, List.of(new HostFacts.Hierarchy(CGROUPS, true, CONTROLLERS)));
        List<List<HostFacts.Hierarchy>> all = new ArrayList<>(List.of(here.hierarchies()));
        for (List<HostFacts.Hierarchy> other : List.of(second, List.<HostFacts.Hierarchy>of())) {
            boolean same = other.size() == all.get(0).size()
                    && (other.isEmpty() || all.get(0).get(0).path().equals(CGROUPS));
            if (!same && canBePlanned(config, anyHost(config, here, other))) {
                all.add(other);
            }
        }
        return all;
    }

    private static boolean canBePlanned(Config config, HostFacts facts) {
        try {
            new Planner(config, facts, Launch.ofAnyCommand(StreamKind.PP.streams())).plan();
            return true;
        } catch (JboxException e) {
            // The configuration needs a hierarchy that such a host lacks.
            return false;
        }
    }

    /** Facts that hold on any host: a security module is assumed only if the configuration names a label or profile. */
    private static HostFacts anyHost(Config config, HostFacts here, List<HostFacts.Hierarchy> hierarchies) {
        Set<String> existing = new HashSet<>(here.existing());
        if (config.confinement().appArmor().get().equals("generated")) {
            existing.remove(Label.APPARMOR_PROFILES);
        }
        return new HostFacts.Builder(here)
                .existing(existing)
                .hierarchies(hierarchies, here.suffix())
                .anyHost()
                .build();
    }
}
