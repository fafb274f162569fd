package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.request.StopRequest;
import java.time.Duration;
import java.util.List;

/** {@code jbox stop NAME…}: stops boxes. */
final class StopCommand implements Command {
    private static final Option REBOOT = new Option('r', "reboot", null, "let the boxes reboot (signal.reboot)");
    private static final Option KILL = new Option('k', "kill", null, "kill them at once");
    private static final Option NO_KILL =
            new Option('\0', "nokill", null, "do not kill those that do not halt in time");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "stop",
                "NAME...",
                "stops boxes, and returns when they are gone",
                "A box is asked to halt (signal.halt; if that is not set, SIGRTMIN+3 if its init handles that, else\n"
                        + "SIGPWR), and killed if it has not done so within signal.timeout, 10 seconds by default, or -t. Frozen boxes are\n"
                        + "thawed. Waits for a box that is being started; with -k kills it as soon as no hook runs on the host.\n",
                List.of(REBOOT, Option.TIMEOUT, KILL, NO_KILL, Option.PATH, Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Jbox jbox = surroundings.jbox(arguments);
        jbox.tidyUp().settle();
        StopRequest request = request(arguments);
        ForEach.Action stop = new ForEach.Action() {
            @Override
            public void run(String name) {
                jbox.box(name).stop(request);
            }
        };
        ForEach all = new ForEach(arguments, surroundings);
        int code = request.kill() ? all.inParallel(arguments.operands(), stop) : all.atOnce(arguments.operands(), stop);
        Outcome.print(arguments, surroundings, jbox, arguments.operands());
        return code;
    }

    private static StopRequest request(Arguments arguments) {
        Duration patience = arguments.has(Option.TIMEOUT) ? arguments.seconds(Option.TIMEOUT, Duration.ZERO) : null;
        return new StopRequest(arguments.has(KILL), patience, !arguments.has(NO_KILL), arguments.has(REBOOT));
    }
}
