package io.jbox.cli;

import io.jbox.problem.JboxException;
import java.util.List;

/**
 * Describes a command's options and operands, for the parser, help and completion.
 *
 * @param name as typed
 * @param operands as in a usage line
 * @param about one line, lower case
 * @param details further lines of help, each ending with a line end
 * @param options except --help
 * @param boxes whether its operands are names of boxes
 * @param tool whether it replaces a tool of util-linux or iproute2, with the same exit codes and option syntax
 * @param tidying when it cleans up after killed processes
 */
record CommandSpec(
        String name,
        String operands,
        String about,
        String details,
        List<Option> options,
        boolean boxes,
        boolean tool,
        Tidying tidying) {
    /** When a command cleans up after killed processes. Tools never do, like the originals. */
    enum Tidying {
        /** Before its own work. */
        BEFORE,
        /** In a separate process that the command does not wait for, because the command only reads. */
        ASIDE,
        /** Not at all, or the command does it itself. */
        APART
    }

    /** The exit code of tools for every error. */
    private static final int TOOL_FAILED = 1;

    CommandSpec(String name, String operands, String about, String details, List<Option> options, boolean boxes) {
        this(name, operands, about, details, options, boxes, false);
    }

    CommandSpec(
            String name,
            String operands,
            String about,
            String details,
            List<Option> options,
            boolean boxes,
            boolean tool) {
        this(name, operands, about, details, options, boxes, tool, Tidying.BEFORE);
    }

    /** Returns the same for a command that only reads. */
    CommandSpec looking() {
        return new CommandSpec(name, operands, about, details, options, boxes, tool, Tidying.ASIDE);
    }

    /** Returns the same for a command that does not clean up. */
    CommandSpec apart() {
        return new CommandSpec(name, operands, about, details, options, boxes, tool, Tidying.APART);
    }

    /** Whether options end at the first operand, after which words belong to a program. */
    boolean endsWithProgram() {
        return operands.startsWith("[PROGRAM");
    }

    /** Whether its options look like those of ip(8): whole words with one dash, before the first operand. */
    boolean isOfIp() {
        return name.equals("netns");
    }

    /** Whether options end after this word: exec, or an abbreviation. */
    boolean endsOptions(String word) {
        return operands.contains("exec NAME PROGRAM") && !word.isEmpty() && "exec".startsWith(word);
    }

    /**
     * Whether an operand starts the command for a box, with all words that follow.
     *
     * @param operands the number of operands before it
     */
    boolean beginsCommand(int operands) {
        return operands == 1 && (name.equals("run") || name.equals("exec"));
    }

    /** The exit code that replaces jbox's own one. */
    int exitCode(int code) {
        return tool && (code == JboxException.FAILED || code == JboxException.USAGE) ? TOOL_FAILED : code;
    }

    /** Whether the command uses words after a --. */
    boolean takesRest() {
        return operands.contains("--") || operands.contains("PROGRAM");
    }

    /** Returns the text of {@code jbox help NAME}. */
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
