package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.problem.JboxException;
import io.jbox.request.CopyRequest;
import io.jbox.request.StartRequest;
import java.util.List;

/** {@code jbox copy BOX NEW}: defines a box like another one, as lxc-copy does. */
final class CopyCommand implements Command {
    private static final Option SNAPSHOT = new Option(
            's',
            "snapshot",
            null,
            "copy no files: the copy lies over the box's root file system, and has its own changes only");
    private static final Option EPHEMERAL = new Option(
            'e',
            "ephemeral",
            null,
            "like -s, but started at once and destroyed when it has stopped; NEW is BOX-1, BOX-2, ... by default");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "copy",
                "BOX [NEW]",
                "defines a box like another one, with its files",
                "What jbox chooses for a box (ids, addresses, hardware addresses) is chosen anew. Where the box lies over an\n"
                        + "image or an overlay, only its own changes are copied. BOX must be stopped or frozen, and while it has a\n"
                        + "snapshot it should not be changed.\n",
                List.of(SNAPSHOT, EPHEMERAL, Option.PATH, Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<String> operands = arguments.operands();
        boolean ephemeral = arguments.has(EPHEMERAL);
        if (operands.size() != 2 && !(ephemeral && operands.size() == 1)) {
            throw arguments.usage("expected a box and the copy's name");
        }
        Jbox jbox = surroundings.jbox(arguments);
        String of = jbox.box(operands.get(0)).name();
        String name = operands.size() == 2 ? jbox.box(operands.get(1)).name() : free(jbox, of);
        CopyRequest.Kind kind = ephemeral
                ? CopyRequest.Kind.EPHEMERAL
                : arguments.has(SNAPSHOT) ? CopyRequest.Kind.SNAPSHOT : CopyRequest.Kind.WHOLE;
        jbox.copy(new CopyRequest(of, name, kind));
        if (ephemeral) {
            try {
                jbox.start(StartRequest.of(jbox.find(name)));
            } catch (JboxException e) {
                jbox.box(name).destroy(true);
                throw e;
            }
            if (!arguments.has(Option.JSON)) {
                surroundings.out().println(name);
            }
        }
        Outcome.print(arguments, surroundings, jbox, List.of(name));
        return 0;
    }

    private static String free(Jbox jbox, String of) {
        int number = 1;
        while (jbox.box(of + "-" + number).exists()) {
            number++;
        }
        return of + "-" + number;
    }
}
