package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.request.StopRequest;
import java.time.Duration;
import java.util.List;

/** {@code jbox restart NAME…}: stops and starts boxes. */
final class RestartCommand implements Command {
    private static final Option KILL = new Option('k', "kill", null, "kill them at once");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "restart",
                "NAME...",
                "stops boxes and starts them as they were started; those that are not running are started",
                "",
                List.of(Option.TIMEOUT, KILL, Option.PATH, Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Jbox jbox = surroundings.jbox(arguments);
        jbox.tidyUp().settle();
        Duration patience = arguments.has(Option.TIMEOUT) ? arguments.seconds(Option.TIMEOUT, Duration.ZERO) : null;
        StopRequest request = new StopRequest(arguments.has(KILL), patience, true, false);
        int code = new ForEach(arguments, surroundings).atOnce(arguments.operands(), new ForEach.Action() {
            @Override
            public void run(String name) {
                jbox.box(name).restart(request);
            }
        });
        Outcome.print(arguments, surroundings, jbox, arguments.operands());
        return code;
    }
}
