package io.jbox.cli;

import io.jbox.Jbox;
import java.util.List;

/** {@code jbox freeze NAME…} and {@code jbox unfreeze NAME…}: stop and continue all processes of boxes. */
final class FreezeCommand implements Command {
    private final boolean freeze;

    FreezeCommand(boolean freeze) {
        this.freeze = freeze;
    }

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                freeze ? "freeze" : "unfreeze",
                "NAME...",
                freeze ? "freezes all processes of boxes" : "unfreezes boxes",
                "",
                List.of(Option.PATH, Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Jbox jbox = surroundings.jbox(arguments);
        jbox.tidyUp().settle();
        int code = new ForEach(arguments, surroundings).inParallel(arguments.operands(), new ForEach.Action() {
            @Override
            public void run(String name) {
                if (freeze) {
                    jbox.box(name).freeze();
                } else {
                    jbox.box(name).unfreeze();
                }
            }
        });
        Outcome.print(arguments, surroundings, jbox, arguments.operands());
        return code;
    }
}
