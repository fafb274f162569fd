package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.json.Json;
import io.jbox.life.BoxEvent;
import io.jbox.life.BoxEvents;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code jbox events [NAME]}: prints the state changes of boxes. */
final class EventsCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "events",
                        "[NAME]",
                        "prints the changes of state of a box, or of all, as they happen",
                        "With --json each is an object on its own line. A box that ended because it was out of memory says so.\n"
                                + "Ends when it is interrupted, or when its output is closed.\n",
                        List.of(Option.PATH, Option.JSON),
                        true)
                .looking();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        if (arguments.operands().size() > 1) {
            throw arguments.usage("expected at most one box");
        }
        @Nullable
        String name =
                arguments.operands().isEmpty() ? null : arguments.operands().get(0);
        Jbox jbox = surroundings.jbox(arguments);
        if (name != null) {
            Outcome.tellIfUnknown(surroundings, jbox, jbox.box(name), false);
        }
        try (BoxEvents events = jbox.events(name)) {
            while (!surroundings.out().checkError()) {
                BoxEvent event = events.next(-1);
                if (event != null) {
                    surroundings.out().println(arguments.has(Option.JSON) ? json(event) : text(event));
                }
            }
        }
        return 0;
    }

    private static String text(BoxEvent event) {
        return Instant.ofEpochMilli(event.millis()) + " " + event.box() + " " + event.state()
                + (event.oomKills() > 0 ? " out of memory" : "")
                + (event.reboots() > 0 ? " rebooted " + event.reboots() + " times in a row" : "");
    }

    private static String json(BoxEvent event) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("time", Instant.ofEpochMilli(event.millis()).toString());
        object.put("name", event.box());
        object.put("state", event.state().name());
        if (event.oomKills() > 0) {
            object.put("oom_kills", event.oomKills());
        }
        if (event.reboots() > 0) {
            object.put("reboots", event.reboots());
        }
        return Json.write(object).replace("\n  ", " ").replace("\n", " ");
    }
}
