package io.jbox.cli;

import java.util.ArrayList;
import java.util.List;

/** {@code jbox ns ls}: lists namespaces with their boxes. */
final class NsCommand implements Command {
    /** The verbs, for completion. */
    static final String VERBS = "ls";

    private static final Option PATH =
            new Option('\0', Option.PATH.name(), Option.PATH.argument(), Option.PATH.about());
    private static final List<LsnsColumn> COLUMNS = List.of(
            LsnsColumn.NS,
            LsnsColumn.TYPE,
            LsnsColumn.NPROCS,
            LsnsColumn.PID,
            LsnsColumn.USER,
            LsnsColumn.BOX,
            LsnsColumn.COMMAND);

    @Override
    public CommandSpec spec() {
        List<Option> options = new ArrayList<>(LsnsOptions.OPTIONS);
        options.add(PATH);
        return new CommandSpec(
                        "ns",
                        "ls [NAMESPACE]",
                        "lists namespaces, with their boxes",
                        LsnsCommand.details(),
                        options,
                        false)
                .looking();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<String> operands = arguments.operands();
        if (operands.isEmpty() || !operands.get(0).equals("ls")) {
            throw arguments.usage("expected ls");
        }
        return new NamespaceListing(arguments, surroundings, COLUMNS, () -> LsnsCommand.boxes(surroundings, arguments))
                .print(operands.subList(1, operands.size()));
    }
}
