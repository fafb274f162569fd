package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.config.Signal;
import java.util.List;

/** {@code jbox kill NAME [SIGNAL]}: sends a signal to a box's init. */
final class KillCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "kill",
                "NAME [SIGNAL]",
                "sends a box's init a signal, SIGKILL by default",
                "SIGNAL is a name, with or without SIG, or a number. SIGKILL kills the box.\n",
                List.of(Option.PATH, Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<String> operands = arguments.operands();
        if (operands.isEmpty() || operands.size() > 2) {
            throw arguments.usage("expected a box, and optionally a signal");
        }
        Signal signal = operands.size() < 2 ? Signal.KILL : Signal.find(operands.get(1));
        if (signal == null) {
            throw arguments.usage("\"" + operands.get(1) + "\" is not a signal");
        }
        Jbox jbox = surroundings.jbox(arguments);
        jbox.tidyUp().settle();
        jbox.box(operands.get(0)).kill(signal.number());
        Outcome.print(arguments, surroundings, jbox, operands.subList(0, 1));
        return 0;
    }
}
