package io.jbox.life;

import io.jbox.bridge.Networks;
import io.jbox.cgroup.CgroupMounts;
import io.jbox.config.Config;
import io.jbox.facts.HostFacts;
import io.jbox.host.HostFactsReader;
import io.jbox.nic.RecordedBoxes;
import java.util.List;

/** Gathers the host facts for a plan that is only shown: it claims, makes and brings up nothing. */
final class HostSurvey {
    private final BoxRegistry registry;

    HostSurvey(BoxRegistry registry) {
        this.registry = registry;
    }

    /** Reads the facts as if the box were about to start. */
    HostFacts of(Config config) {
        return of(config, CgroupMounts.hierarchies());
    }

    /** @param hierarchies in which the box would have cgroups */
    HostFacts of(Config config, List<HostFacts.Hierarchy> hierarchies) {
        return new HostFactsReader(registry.settings().home() + "/rootfs-scripts", CgroupMounts.of(config, hierarchies))
                .besides(new KnownTrees(registry))
                .read(
                        config,
                        registry.ids().look(config.name().get()),
                        registry.networks()
                                .facts(
                                        Networks.Wanted.of(config),
                                        Networks.Purpose.LOOK,
                                        new RecordedBoxes(
                                                registry.kernel(),
                                                registry.state().root())));
    }
}
