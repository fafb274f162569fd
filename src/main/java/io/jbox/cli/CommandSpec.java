package io.jbox.cli;

import io.jbox.problem.JboxException;
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
 * @param tool whether it stands in for a tool of util-linux or iproute2, with that one's exit codes and ways of typing
 * @param tidying when it does what processes that were killed have left undone
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
    /** When a command tidies up after processes that were killed. Tools never do: the originals touch nothing either. */
    enum Tidying {
        /** Before it does its own work. */
        BEFORE,
        /** It only looks: another process does it, and the command waits for nothing. */
        ASIDE,
        /** It knows nothing of boxes, or tidies up itself. */
        APART
    }

    /** What tools exit with, whatever is wrong. */
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

    /** The same of a command that only looks. */
    CommandSpec looking() {
        return new CommandSpec(name, operands, about, details, options, boxes, tool, Tidying.ASIDE);
    }

    /** The same of a command that has nothing to do with what others have left undone. */
    CommandSpec apart() {
        return new CommandSpec(name, operands, about, details, options, boxes, tool, Tidying.APART);
    }

    /** Whether options end with the first word that is none: what follows belongs to a program. */
    boolean endsWithProgram() {
        return operands.startsWith("[PROGRAM");
    }

    /** Whether its options are typed as ip(8)'s: whole words with one dash, before the first word that is none. */
    boolean isOfIp() {
        return name.equals("netns");
    }

    /** Whether options end behind this word: exec, or its beginning. */
    boolean endsOptions(String word) {
        return operands.contains("exec NAME PROGRAM") && !word.isEmpty() && "exec".startsWith(word);
    }

    /**
     * Whether a word that is no option is the first of a command for a box, with all that follows it.
     *
     * @param operands how many words there are before it
     */
    boolean beginsCommand(int operands) {
        return operands == 1 && (name.equals("run") || name.equals("exec"));
    }

    /** The exit code for one of jbox's. */
    int exitCode(int code) {
        return tool && (code == JboxException.FAILED || code == JboxException.USAGE) ? TOOL_FAILED : code;
    }

    /** Whether words behind a -- are the command's business. */
    boolean takesRest() {
        return operands.contains("--") || operands.contains("PROGRAM");
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
