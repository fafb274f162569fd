package io.jbox.plan;

import static io.jbox.program.Arg.flags;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pipe that ends with the box. It is the standard input of host programs that serve the box; the monitor holds its
 * other end.
 */
final class TieSteps {
    private TieSteps() {}

    /** The place in the configuration that needs such programs; null if none does. */
    private static @Nullable Place asked(Config config) {
        for (Net net : config.net()) {
            if (net.is(NetType.USER)) {
                return net.place();
            }
        }
        Config.Dev dev = config.dev();
        return dev == null || dev.ports().isEmpty() ? null : dev.ports().get(0).place();
    }

    /** Makes the pipe. */
    static void open(Config config, List<Step> steps) {
        Place place = asked(config);
        if (place != null) {
            steps.add(Step.by(Actor.JBOX, "make the pipe that ends programs of the host with the box", place)
                    .call(PIPE2, new Arg.Pair(Descriptors.TIE, Descriptors.TIE_HELD), flags(O_CLOEXEC))
                    .build());
        }
    }

    /** The descriptors that the monitor holds. */
    static List<Descriptor> held(Config config) {
        return asked(config) == null ? List.of() : List.of(Descriptors.TIE_HELD);
    }
}
