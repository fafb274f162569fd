package io.jbox.cli;

import io.jbox.box.Launcher;
import io.jbox.config.Config;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Launch;
import io.jbox.plan.Planner;
import java.util.List;

/** {@code jbox warm-up}: what the launcher runs to record the classes that a start needs. Touches nothing. */
final class WarmUpCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec("warm-up", "NAME", "loads what a start needs", "", List.of(), false);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Config config = surroundings.load(arguments, arguments.operand("box"));
        Launch launch = new Launch(List.of("true"), List.of(), List.of(), null);
        NativeKernel kernel = NativeKernel.open();
        new Launcher(kernel).rehearse(new Planner(config, surroundings.facts(config), launch).plan());
        kernel.call(Syscall.GETPID);
        return 0;
    }
}
