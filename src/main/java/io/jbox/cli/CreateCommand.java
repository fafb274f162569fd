package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.request.CreateRequest;
import java.util.List;

/** {@code jbox create NAME}: defines a box and makes its root file system. */
final class CreateCommand implements Command {
    private static final Option TEMPLATE =
            new Option('t', "template", "TEMPLATE", "the template for the root file system: busybox, debian, or none");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "create",
                "NAME [-- ARGUMENTS...]",
                "defines a box: a folder with its configuration and root file system",
                "The configuration is a copy of FILE, or a minimal one for busybox. The arguments go to the template; debian has\n"
                        + "-r SUITE, --packages=NAME,..., --mirror=ADDRESS and --enable-non-free.\n"
                        + "If anything fails, nothing is left behind.\n",
                List.of(TEMPLATE, Option.FILE, Option.PATH, Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<String> rest = arguments.rest();
        if (arguments.operands().size() != 1) {
            throw arguments.usage("expected one box");
        }
        Jbox jbox = surroundings.jbox(arguments);
        String name = arguments.operands().get(0);
        String file = arguments.value(Option.FILE);
        if (file != null) {
            file = surroundings.configFile(arguments, file);
        } else if (name.endsWith(".yaml")) {
            // As with start: the file is the box's configuration, and has its name.
            file = name;
        }
        String box = jbox.create(new CreateRequest(
                        jbox.box(name).name(), arguments.value(TEMPLATE), file, rest == null ? List.of() : rest))
                .name();
        Outcome.print(arguments, surroundings, jbox, List.of(box));
        return 0;
    }
}
