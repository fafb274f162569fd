package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.host.HostHooks;
import io.jbox.plan.HookEnvironment;
import java.util.ArrayList;
import java.util.List;

/** The hooks of what is done to a box that does not run: clone and destroy. */
final class DefinitionHooks {
    private DefinitionHooks() {}

    /**
     * Runs them one after another.
     *
     * @param more variables besides the usual ones
     * @throws io.jbox.problem.JboxException if one fails; the others are not run then
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
