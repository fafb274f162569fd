package io.jbox.cli;

import java.util.List;

/** {@code jbox reap NAME ID}: executed by a monitor to clean up its box. */
final class ReapCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec("reap", "NAME ID", "cleans up a box that has ended", "", List.of(Option.PATH), false)
                .apart();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<String> operands = arguments.operands();
        if (operands.size() != 2) {
            throw arguments.usage("expected a box and the id of a start");
        }
        surroundings.jbox(arguments).reap(operands.get(0), operands.get(1));
        return 0;
    }
}
