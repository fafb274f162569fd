package io.jbox.cli;

import io.jbox.config.Config;
import io.jbox.plan.Launch;
import io.jbox.problem.JboxException;
import java.util.List;
import java.util.Map;

/** {@code jbox start -F NAME}. */
final class StartCommand implements Command {
    private static final Option FOREGROUND =
            new Option('F', "foreground", null, "stay, with the box's console on this terminal");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "start",
                "-F NAME",
                "starts a box",
                "NAME is a path that ends in .yaml, or a defined box, or NAME.yaml here or in JBOX_CONFIG_PATH.\n"
                        + "The command ends when the box's init does, with its exit code, or 128 + the signal's number.\n"
                        + "SIGTERM, SIGHUP and SIGINT ask the box to halt (signal.halt); a second one ends it (signal.stop).\n",
                List.of(
                        FOREGROUND,
                        Option.FILE,
                        Option.SET,
                        Option.PATH,
                        Option.LOG_FILE,
                        Option.LOG_LEVEL,
                        Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        String name = arguments.has(Option.FILE) && arguments.operands().isEmpty() ? "" : arguments.operand("box");
        if (!arguments.has(FOREGROUND)) {
            throw new JboxException("start: boxes in the background: not yet", "jbox start -F " + name);
        }
        Config config = surroundings.load(arguments, name);
        int halt = config.signal().halt().get().number();
        return new Foreground(surroundings, config, LogRequest.observer(arguments, config))
                .run(Launch.init(), Map.of("TERM", halt, "HUP", halt, "INT", halt));
    }
}
