package io.jbox.life;

import io.jbox.cgroup.BoxCgroup;
import io.jbox.cgroup.CgroupMounts;
import io.jbox.config.CommandName;
import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.facts.HostFacts;
import io.jbox.facts.NetworkFacts;
import io.jbox.host.HostFactsReader;
import io.jbox.nic.RecordedBoxes;
import java.util.List;
import java.util.function.Predicate;

/** Gathers the host facts for a plan of {@code run}, and claims ids and addresses for the command. */
final class RunPlanner {
    private final BoxRegistry registry;
    private final RecordedBoxes recorded;

    RunPlanner(BoxRegistry registry) {
        this.registry = registry;
        this.recorded = new RecordedBoxes(registry.kernel(), registry.state().root());
    }

    /** The network of a command. jbox's own bridges may be down. */
    NetworkFacts network(Config config, String command) {
        return registry.networks().factsForRun(config, command, recorded);
    }

    /**
     * All facts.
     *
     * @param command its name ({@link CommandName}), under which its ids and cgroups are registered
     */
    HostFacts facts(Config config, String command, NetworkFacts network) {
        String box = config.name().get();
        Predicate<String> exists = recorded.or(registry.settings().boxes()::defines);
        List<IdMapping> ids =
                !config.leavesIdsToHost() ? List.of() : registry.ids().claim(config.shifts() ? box : command, exists);
        List<HostFacts.Hierarchy> hierarchies = CgroupMounts.hierarchies();
        BoxCgroup.removeForgotten(hierarchies, recorded);
        return new HostFactsReader(
                        registry.settings().home() + "/rootfs-scripts",
                        CgroupMounts.of(config, hierarchies),
                        command.substring(box.length()))
                .besides(new KnownTrees(registry))
                .read(config, ids, network);
    }
}
