package io.jbox.cli;

import io.jbox.Box;
import io.jbox.Jbox;
import io.jbox.life.BoxCompiler;
import java.util.List;

/** {@code jbox destroy NAME}: removes a box. */
final class DestroyCommand implements Command {
    private static final Option FORCE =
            new Option('f', "force", null, "kill it if it runs, remove it even if its configuration is wrong");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "destroy",
                "NAME",
                "removes a box's own folder, with its configuration and root file system",
                "Files elsewhere that its configuration or its symbolic links point to are kept.\n",
                List.of(FORCE, Option.PATH, Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Jbox jbox = surroundings.jbox(arguments);
        jbox.tidyUp().settle();
        Box box = jbox.box(arguments.operand("box"));
        box.destroy(arguments.has(FORCE));
        BoxCompiler compiler = surroundings.compiler(arguments);
        if (compiler != null) {
            compiler.forget(box.name());
        }
        Outcome.printDestroyed(arguments, surroundings, box.name());
        return 0;
    }
}
