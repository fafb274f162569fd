package io.jbox.cli;

import io.jbox.Box;
import io.jbox.Jbox;
import io.jbox.config.Nearest;
import io.jbox.json.Json;
import io.jbox.life.BoxInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Prints the new state of boxes after a command with --json. */
final class Outcome {
    private Outcome() {}

    /** Prints an array of objects, one for each box; nothing without --json. */
    static void print(Arguments arguments, Surroundings surroundings, Jbox jbox, List<String> names) {
        if (!arguments.has(Option.JSON)) {
            return;
        }
        List<Object> boxes = new ArrayList<>();
        for (String name : names) {
            Box box = jbox.box(name);
            BoxInfo info = box.info();
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("name", box.name());
            object.put("state", info.state().name());
            if (info.pid() != 0) {
                object.put("pid", info.pid());
            }
            boxes.add(object);
        }
        surroundings.out().println(Json.write(boxes));
    }

    /**
     * Warns if the awaited box is unknown, in case its name is mistyped.
     *
     * @param mayBeGone whether the command waits for the box's end
     */
    static void tellIfUnknown(Surroundings surroundings, Jbox jbox, Box box, boolean mayBeGone) {
        if (!mayBeGone && !box.exists()) {
            String nearest = Nearest.find(box.name(), jbox.names());
            new StandardError(surroundings.err())
                    .tell("there is no box \"" + box.name() + "\" yet: waiting for it"
                            + (nearest == null ? "" : " (there is one called " + nearest + ")"));
        }
    }

    /** Prints the same for a destroyed box, which has no state. */
    static void printDestroyed(Arguments arguments, Surroundings surroundings, String name) {
        if (arguments.has(Option.JSON)) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("name", name);
            object.put("destroyed", true);
            surroundings.out().println(Json.write(List.of(object)));
        }
    }
}
