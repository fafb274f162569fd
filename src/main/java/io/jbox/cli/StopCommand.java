package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.request.StopRequest;
import java.time.Duration;
import java.util.List;

/** {@code jbox stop NAME…}: stops boxes. */
final class StopCommand implements Command {
    private static final Option REBOOT = new Option('r', "reboot", null, "let the boxes reboot (signal.reboot)");
    private static final Option KILL = new Option('k', "kill", null, "end them at once, without asking");
    private static final Option NO_KILL =
            new Option('\0', "nokill", null, "leave those alone that do not halt in time");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "stop",
                "NAME...",
                "stops boxes, and returns when nothing of them is left",
                "A box is asked to halt (signal.halt; where that is not written, SIGRTMIN+3 if its init listens to that, else\n"
                        + "SIGPWR), and ended when it has not done so in signal.timeout, 10 seconds by default, or -t. Frozen boxes are thawed.\n"
                        + "One that is being started is waited for; with -k it is ended then, as soon as no hook of the host's runs.\n",
                List.of(REBOOT, Option.TIMEOUT, KILL, NO_KILL, Option.PATH, Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Jbox jbox = surroundings.jbox(arguments);
        jbox.settle();
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
