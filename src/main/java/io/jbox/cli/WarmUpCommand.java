package io.jbox.cli;

import io.jbox.box.Launcher;
import io.jbox.box.StandardStreams;
import io.jbox.config.Config;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Launch;
import io.jbox.plan.Planner;
import java.util.List;

/** {@code jbox warm-up}: what the launcher runs to record the classes that a start needs. Touches nothing. */
final class WarmUpCommand implements Command {
    /** What the rehearsal does not come by. */
    private static final List<String> CLASSES = List.of(
            "io.jbox.box.BoxProcess",
            "io.jbox.box.LaunchObserver$1",
            "io.jbox.box.PipeRelay",
            "io.jbox.box.RootfsTemplate",
            "io.jbox.box.StepRunner",
            "io.jbox.box.Terminal",
            "io.jbox.box.WaitStatus",
            "io.jbox.box.ConsoleRelay",
            "io.jbox.box.ConsoleRelay$Io",
            "io.jbox.cli.Foreground",
            "io.jbox.cli.Foreground$Forwarder",
            "io.jbox.cli.Foreground$Resizer",
            "io.jbox.cli.LogRequest",
            "io.jbox.cli.RunCommand",
            "io.jbox.cli.StartCommand",
            "sun.misc.Signal$InternalMiscHandler",
            "sun.misc.Signal$SunMiscHandler");

    @Override
    public CommandSpec spec() {
        return new CommandSpec("warm-up", "NAME", "loads what a start needs", "", List.of(), false);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Config config = surroundings.load(arguments, arguments.operand("box"));
        Launch launch = new Launch(List.of("true"), StandardStreams.of(NativeKernel.open(), false), List.of(), null);
        NativeKernel kernel = NativeKernel.open();
        new Launcher(kernel).rehearse(new Planner(config, surroundings.facts(config), launch).plan());
        kernel.call(Syscall.GETPID);
        try {
            for (String name : CLASSES) {
                Class.forName(name);
            }
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
        return 0;
    }
}
