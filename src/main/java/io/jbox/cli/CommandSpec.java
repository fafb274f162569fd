package io.jbox.cli;

import java.util.List;

/**
 * What a command takes.
 *
 * @param name as typed
 * @param operands as in a usage line
 * @param about one line, lower case
 * @param details further lines of help, each ending with a line end
 * @param options beside --help
 * @param boxes whether its operands are names of boxes, for completion
 */
record CommandSpec(String name, String operands, String about, String details, List<Option> options, boolean boxes) {
    /** Whether words behind a -- are the command's business. */
    boolean takesRest() {
        return operands.contains("--");
    }

    /** The text of {@code jbox help NAME}. */
    String help() {
        StringBuilder out = new StringBuilder("usage: jbox " + name);
        out.append(options.isEmpty() ? "" : " [OPTIONS]");
        out.append(operands.isEmpty() ? "" : " " + operands).append("\n\n");
        out.append(about).append("\n");
        out.append(details.isEmpty() ? "" : "\n" + details);
        out.append("\noptions:\n");
        for (Option option : options) {
            line(option, out);
        }
        line(Option.HELP, out);
        return out.toString();
    }

    private static void line(Option option, StringBuilder out) {
        String usage = option.usage();
        out.append("  ").append(usage).append(" ".repeat(Math.max(1, 30 - usage.length())));
        out.append(option.about()).append('\n');
    }
}
