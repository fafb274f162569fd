package io.jbox.cli;

import io.jbox.problem.JboxException;
import java.util.List;

/** {@code jbox tidy-up}: cleans up after processes that were killed. */
final class TidyUpCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "tidy-up",
                        "[NAME]",
                        "cleans up after processes that were killed, or after a box that a program has stopped",
                        "",
                        List.of(Option.PATH),
                        false)
                .apart();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        if (!arguments.operands().isEmpty()) {
            surroundings.jbox(arguments).tidyUp().stopped(arguments.operand("box"));
            return 0;
        }
        List<JboxException> problems = surroundings.jbox(arguments).tidyUp().all();
        for (JboxException problem : problems) {
            new StandardError(surroundings.err()).tell(String.valueOf(problem.getMessage()));
        }
        return problems.isEmpty() ? 0 : JboxException.FAILED;
    }
}
