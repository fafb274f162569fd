package io.jbox.plan;

import static io.jbox.program.Arg.text;

import io.jbox.config.Config;
import io.jbox.config.PublishedPort;
import io.jbox.config.Value;
import io.jbox.facts.Launch;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Fail;
import io.jbox.program.ProcArg;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Plans {@code dev.ports}: a host program that forwards connections to its ports ({@link RelayPlanner}). */
final class PortSteps {
    private static final Descriptor RELAY = new Descriptor("relay");

    private final Config.@Nullable Dev dev;

    PortSteps(Config config) {
        this.dev = config.dev();
    }

    /** Starts it, and waits until it listens. It runs as the developer, even if another user starts the box. */
    void connect(Launch.@Nullable Supervision supervision, List<Step> steps) {
        if (dev == null || dev.ports().isEmpty() || supervision == null) {
            return;
        }
        List<Arg> words = new ArrayList<>();
        // In a separate session: the end of the caller's terminal, or Ctrl-C in it, must not end it.
        words.add(text("setsid"));
        words.add(text(supervision.afterwards().reaper().get(0)));
        words.add(text("relay"));
        words.add(text("--target"));
        words.add(new ProcArg.InitPid());
        if (dev.developer().ids().isEmpty()) {
            words.add(text("--setuid=" + dev.developer().uid()));
            words.add(text("--setgid=" + dev.developer().gid()));
        } else {
            words.add(text("--user"));
        }
        List<String> ports = new ArrayList<>();
        for (Value<PublishedPort> port : dev.ports()) {
            ports.add(port.get().toString());
            words.add(text(port.get().toString()));
        }
        Place place = dev.ports().get(0).place();
        steps.add(Step.by(Actor.JBOX, "publish ports " + String.join(", ", ports), place)
                .add(new Effect.HostProgram("/usr/bin/setsid", words, Descriptors.TIE, RELAY))
                .hint(Fail.Reason.STATUS, "ss -ltnp shows who has a port; HOST:BOX uses another port of the host")
                .build());
    }
}
