package io.jbox.cli;

import io.jbox.json.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code jbox pid NAME}: prints the process id of a box's init. */
final class PidCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "pid",
                        "NAME",
                        "prints the process id that a box's init has on the host",
                        "",
                        List.of(Option.PATH, Option.JSON),
                        true)
                .looking();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        String name = arguments.operand("box");
        int pid = surroundings.jbox(arguments).box(name).pid();
        if (arguments.has(Option.JSON)) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("name", name);
            result.put("pid", pid);
            surroundings.out().println(Json.write(result));
        } else {
            surroundings.out().println(pid);
        }
        return 0;
    }
}
