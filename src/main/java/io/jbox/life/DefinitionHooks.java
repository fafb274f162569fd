package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.host.HostHooks;
import io.jbox.plan.HookEnvironment;
import java.util.ArrayList;
import java.util.List;

/** Runs the hooks of stages at which the box does not run: clone and destroy. */
final class DefinitionHooks {
    private DefinitionHooks() {}

    /**
     * Runs them one after another.
     *
     * @param more variables besides the usual ones
     * @throws io.jbox.problem.JboxException if one fails; the remaining ones are not run
     */
    static void run(BoxRegistry registry, Config config, String stage, List<String> more) {
        String name = config.name().get();
        for (Value<String> command : config.hooks().of(stage)) {
            registry.state().make(name);
            HostHooks hooks = new HostHooks(
                    registry.kernel(),
                    name,
                    config.hooks().timeout().get(),
                    registry.state().of(name) + "/log");
            List<String> environment = new ArrayList<>(HookEnvironment.of(config, stage, null));
            environment.addAll(more);
            hooks.run(stage, command.get(), command.place(), environment);
        }
    }
}
