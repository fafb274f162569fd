package io.jbox.cli;

import io.jbox.Box;
import io.jbox.json.Json;
import io.jbox.problem.Printable;
import io.jbox.terminal.Terminal;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code jbox diff NAME}: what a box has changed in its root file system. */
final class DiffCommand implements Command {
    private static final Option PATCH =
            new Option('p', "patch", null, "show what has changed in text files, for patch -p1");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "diff",
                        "NAME",
                        "lists what a box has changed in its root file system",
                        "For boxes that lie over an image (rootfs.image) or an overlay's lower layers: A for a file that was added,\n"
                                + "M for one that was modified, D for one that was deleted, with its size.\n",
                        List.of(PATCH, Option.PATH, Option.JSON),
                        true)
                .looking();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Box box = surroundings.jbox(arguments).box(arguments.operand("box"));
        PrintStream out = surroundings.out();
        if (arguments.has(PATCH)) {
            if (arguments.has(Option.JSON)) {
                throw arguments.usage("--patch cannot be combined with JSON output");
            }
            box.files().patch(Terminal.ofOutput().exists() ? new TerminalText(out) : out);
            return 0;
        }
        if (!arguments.has(Option.JSON)) {
            box.files()
                    .changes(change -> out.println(change.kind().letter()
                            + " "
                            + (change.bytes() == 0 ? "-" : Column.bytes(change.bytes()))
                            + " /"
                            + Printable.of(change.path())));
            return 0;
        }
        List<Object> all = new ArrayList<>();
        box.files().changes(change -> {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("change", change.kind().name());
            object.put("path", "/" + change.path());
            object.put("bytes", change.bytes());
            all.add(object);
        });
        out.println(Json.write(all));
        return 0;
    }
}
