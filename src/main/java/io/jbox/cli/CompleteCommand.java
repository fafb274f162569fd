package io.jbox.cli;

import java.util.List;
import java.util.Map;

/** {@code jbox complete -- WORD...}: called by the scripts of {@link CompletionCommand}. */
final class CompleteCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "complete",
                        "-- WORD...",
                        "prints what could end a command line, a line each: a word, a tab, what it is",
                        "",
                        List.of(),
                        false)
                .apart();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<String> words = arguments.rest();
        Map<String, String> found = new Candidates(surroundings, arguments).of(words == null ? List.of("") : words);
        found.forEach((word, about) -> surroundings.out().println(about.isEmpty() ? word : word + "\t" + about));
        return 0;
    }
}
