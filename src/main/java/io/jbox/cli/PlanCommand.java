package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.config.Config;
import io.jbox.json.Json;
import io.jbox.program.Plan;
import io.jbox.request.ExecRequest;
import io.jbox.request.RunRequest;
import io.jbox.terminal.StandardStreams;
import java.util.List;

/** {@code jbox plan NAME}: shows what start, run or exec would do; without privilege, and without doing it. */
final class PlanCommand implements Command {
    private static final Option RUN = new Option('\0', "run", null, "what jbox run would do");
    private static final Option EXEC = new Option('\0', "exec", null, "what jbox exec would do; the box must run");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "plan",
                        "NAME [-- CMD...]",
                        "prints every step that start would take, with the line that asked for it",
                        "By process: what jbox does, the monitor until its last call, the box's first process and the command. A line\n"
                                + "with @ is not a system call: jbox runs a host program or writes a record.\n",
                        List.of(RUN, EXEC, Option.FILE, Option.SET, Option.PATH, Option.JSON),
                        true)
                .looking();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Plan plan = plan(arguments, surroundings);
        surroundings.out().print(arguments.has(Option.JSON) ? Json.write(plan.json()) + "\n" : plan.text());
        return 0;
    }

    private static Plan plan(Arguments arguments, Surroundings surroundings) {
        if (arguments.has(RUN) && arguments.has(EXEC)) {
            throw arguments.usage("--run and --exec exclude each other");
        }
        if (arguments.operands().size() > 1) {
            throw arguments.usage("expected one box");
        }
        List<String> rest = arguments.rest();
        Jbox jbox = surroundings.jbox(arguments);
        String name = arguments.operands().isEmpty() ? "" : arguments.operands().get(0);
        if (name.isEmpty() && (arguments.has(EXEC) || !arguments.has(Option.FILE))) {
            throw arguments.usage("expected one box");
        }
        if (arguments.has(EXEC)) {
            List<String> command = rest == null ? List.of() : rest;
            return jbox.box(name).plan(ExecRequest.piped(command.toArray(new String[0])));
        }
        Config config = surroundings
                .loaderToPlan(arguments)
                .load(surroundings.find(arguments, name), arguments.values(Option.SET));
        if (!arguments.has(RUN)) {
            if (rest != null) {
                throw arguments.usage("a command is for --run and --exec");
            }
            return jbox.plan(config);
        }
        if (rest == null || rest.isEmpty()) {
            throw arguments.usage("expected -- and a command");
        }
        return jbox.plan(RunRequest.of(config, rest)
                .streams(StandardStreams.ofCaller(false))
                .build());
    }
}
