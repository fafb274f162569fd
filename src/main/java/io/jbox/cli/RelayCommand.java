package io.jbox.cli;

import io.jbox.facts.RelayRequest;
import io.jbox.facts.RelayRequest.Endpoint;
import io.jbox.facts.RelayRequest.Link;
import io.jbox.ns.CallerReader;
import io.jbox.ns.NamespaceTool;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code jbox relay FROM=TO...}: executed by a start, to pass on connections to a box's ports, or out of one. */
final class RelayCommand implements Command {
    private static final Option TARGET = new Option('t', "target", "PID", "the box's init; TO is in its network");
    private static final Option USER = new Option('U', "user", null, "enter its user namespace, too");
    private static final Option SETUID = new Option('S', "setuid", "UID", "as this user");
    private static final Option SETGID = new Option('G', "setgid", "GID", "as this group");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "relay",
                        "FROM=TO...",
                        "passes on connections until standard input ends",
                        "FROM and TO are tcp:PORT, of the loopback, or unix:PATH.\n",
                        List.of(TARGET, USER, SETUID, SETGID),
                        false)
                .apart();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<Link> links = new ArrayList<>();
        for (String word : arguments.operands()) {
            int equals = word.indexOf('=');
            Endpoint from = equals < 0 ? null : Endpoint.parse(word.substring(0, equals));
            Endpoint to = equals < 0 ? null : Endpoint.parse(word.substring(equals + 1));
            if (from == null || to == null) {
                throw arguments.usage("\"" + word + "\" is not FROM=TO");
            }
            links.add(new Link(from, to));
        }
        if (links.isEmpty()) {
            throw arguments.usage("expected FROM=TO");
        }
        int init = (int) arguments.number(TARGET, 1, Integer.MAX_VALUE, 0);
        RelayRequest request = new RelayRequest(
                links, init != 0, init != 0 && arguments.has(USER), id(arguments, SETUID), id(arguments, SETGID));
        List<String> shown = new ArrayList<>(List.of("jbox-relay"));
        shown.addAll(arguments.operands());
        throw NamespaceTool.relay(CallerReader.read(), request, init, shown).become();
    }

    private static @Nullable Long id(Arguments arguments, Option option) {
        return arguments.has(option) ? Long.valueOf(arguments.number(option, 0, Integer.MAX_VALUE, 0)) : null;
    }
}
