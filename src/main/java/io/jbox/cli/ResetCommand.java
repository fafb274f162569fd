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
                "discards what a box has changed in its root file system",
                "For boxes that lie over an image (rootfs.image) or an overlay's lower layers. The next start begins with the\n"
                        + "image as the store has it then.\n",
                List.of(Option.PATH, Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Jbox jbox = surroundings.jbox(arguments);
        Box box = jbox.box(arguments.operand("box"));
        box.files().reset();
        Outcome.print(arguments, surroundings, jbox, List.of(box.name()));
        return 0;
    }
}
