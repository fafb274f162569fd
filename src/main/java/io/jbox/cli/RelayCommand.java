package io.jbox.cli;

import io.jbox.config.BadValueException;
import io.jbox.config.PublishedPort;
import io.jbox.facts.RelayRequest;
import io.jbox.ns.CallerReader;
import io.jbox.ns.NamespaceTool;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code jbox relay -t PID PORT...}: executed by a start, to pass on connections to a box's ports. */
final class RelayCommand implements Command {
    private static final Option TARGET = new Option('t', "target", "PID", "the box's init");
    private static final Option USER = new Option('U', "user", null, "enter its user namespace, too");
    private static final Option SETUID = new Option('S', "setuid", "UID", "as this user");
    private static final Option SETGID = new Option('G', "setgid", "GID", "as this group");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "relay",
                        "PORT|HOST:BOX...",
                        "passes on connections to a box's ports until standard input ends",
                        "",
                        List.of(TARGET, USER, SETUID, SETGID),
                        false)
                .apart();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<PublishedPort> ports = new ArrayList<>();
        for (String word : arguments.operands()) {
            try {
                ports.add(PublishedPort.parse(word));
            } catch (BadValueException e) {
                throw arguments.usage("\"" + word + "\" " + e.getMessage());
            }
        }
        int init = arguments.number(TARGET, 1, Integer.MAX_VALUE, 0);
        if (ports.isEmpty() || init == 0) {
            throw arguments.usage("expected --target PID and a port");
        }
        RelayRequest request =
                new RelayRequest(ports, arguments.has(USER), id(arguments, SETUID), id(arguments, SETGID));
        List<String> shown = new ArrayList<>(List.of("jbox-relay"));
        shown.addAll(arguments.operands());
        throw NamespaceTool.relay(CallerReader.read(), request, init, shown).become();
    }

    private static @Nullable Long id(Arguments arguments, Option option) {
        return arguments.has(option) ? Long.valueOf(arguments.number(option, 0, Integer.MAX_VALUE, 0)) : null;
    }
}
