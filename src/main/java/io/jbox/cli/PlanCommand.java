package io.jbox.cli;

import io.jbox.config.Config;
import io.jbox.json.Json;
import io.jbox.program.Plan;
import java.util.List;

/** {@code jbox plan NAME}: what start would do; without privilege, and without doing it. */
final class PlanCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "plan",
                        "NAME",
                        "prints every step that start would take, with the line that asked for it",
                        "",
                        List.of(Option.FILE, Option.SET, Option.PATH, Option.JSON),
                        true)
                .looking();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        String name = arguments.has(Option.FILE) && arguments.operands().isEmpty() ? "" : arguments.operand("box");
        Config config = surroundings.load(arguments, name);
        Plan plan = surroundings.jbox(arguments).plan(config);
        surroundings.out().print(arguments.has(Option.JSON) ? Json.write(plan.json()) + "\n" : plan.text());
        return 0;
    }
}
