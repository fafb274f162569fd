package io.jbox.cli;

import java.util.List;

/** {@code jbox help [COMMAND]}: prints help. */
final class HelpCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec("help", "[COMMAND]", "shows the commands and their options", "", List.of(), false)
                .apart();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        String text = arguments.operands().isEmpty()
                ? Commands.help()
                : Commands.find(arguments.operand("command")).spec().help();
        surroundings.out().print(text);
        return 0;
    }
}
