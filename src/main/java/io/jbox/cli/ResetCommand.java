package io.jbox.cli;

import io.jbox.Box;
import io.jbox.Jbox;
import java.util.List;

/** {@code jbox reset NAME}: takes a box's own files away. */
final class ResetCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "reset",
                "NAME",
                "takes away the files that a box has over its image or overlay",
                "What it has changed is lost; the next start begins with the image as the store has it then.\n",
                List.of(Option.PATH, Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Jbox jbox = surroundings.jbox(arguments);
        Box box = jbox.box(arguments.operand("box"));
        box.reset();
        Outcome.print(arguments, surroundings, jbox, List.of(box.name()));
        return 0;
    }
}
