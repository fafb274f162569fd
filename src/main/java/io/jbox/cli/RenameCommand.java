package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.life.BoxCompiler;
import java.util.List;

/** {@code jbox rename BOX NEW}: gives a box another name. */
final class RenameCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "rename",
                "BOX NEW",
                "gives a box another name",
                "What jbox chooses for a box by its name (ids, addresses, hardware addresses) is chosen anew. It must be\n"
                        + "stopped, and no other box may use its files.\n",
                List.of(Option.PATH, Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<String> operands = arguments.operands();
        if (operands.size() != 2) {
            throw arguments.usage("expected a box and its new name");
        }
        Jbox jbox = surroundings.jbox(arguments);
        String old = jbox.box(operands.get(0)).name();
        String name = jbox.box(operands.get(1)).name();
        jbox.rename(old, name);
        BoxCompiler compiler = surroundings.compiler(arguments);
        if (compiler != null) {
            compiler.forget(old);
        }
        Outcome.print(arguments, surroundings, jbox, List.of(name));
        return 0;
    }
}
