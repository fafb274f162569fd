package io.jbox.cli;

import io.jbox.config.Nearest;
import io.jbox.problem.JboxException;
import io.jbox.problem.Printable;
import io.jbox.problem.Problem;
import io.jbox.problem.RawText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The parsed words of a command line (getopt(1)'s conventions: -abc, -xVALUE, --name=VALUE, --). */
final class Arguments {
    private static final int MAX_SECONDS = 10_000_000;

    private final CommandSpec spec;
    private final Map<String, List<String>> options = new HashMap<>();
    private final List<String> operands = new ArrayList<>();
    private final List<Option> order = new ArrayList<>();
    private final int count;
    private List<String> before = List.of();
    private @Nullable List<String> rest;

    private Arguments(CommandSpec spec, int count) {
        this.spec = spec;
        this.count = count;
    }

    /** Whether there are only operands, and what follows them. */
    boolean hasNoOptions() {
        return order.isEmpty();
    }

    /** The command that they belong to. */
    CommandSpec spec() {
        return spec;
    }

    /** @throws JboxException with the exit code for wrong usage */
    static Arguments parse(CommandSpec spec, List<String> words) {
        Arguments arguments = new Arguments(spec, words.size());
        int i = 0;
        int end = words.size();
        while (i < words.size()) {
            String word = words.get(i++);
            if (word.equals("--")) {
                end = i - 1;
                List<String> behind = words.subList(i, words.size());
                if (spec.tool() && !spec.takesRest()) {
                    arguments.operands.addAll(behind);
                } else {
                    arguments.rest = List.copyOf(behind);
                }
                break;
            } else if (word.startsWith("--")) {
                i = arguments.longOption(word, words, i);
            } else if (spec.isOfIp() && word.length() > 2 && word.charAt(0) == '-' && arguments.operands.isEmpty()) {
                i = arguments.longOption("-" + word, words, i);
            } else if (word.length() > 1
                    && word.charAt(0) == '-'
                    && !(spec.isOfIp() && !arguments.operands.isEmpty() && Character.isDigit(word.charAt(1)))) {
                i = arguments.letters(word, words, i);
            } else if (spec.endsWithProgram()) {
                end = i - 1;
                arguments.rest = List.copyOf(words.subList(i - 1, words.size()));
                break;
            } else if (spec.beginsCommand(arguments.operands.size())) {
                end = i - 1;
                arguments.rest = List.copyOf(words.subList(i - 1, words.size()));
                break;
            } else {
                arguments.operands.add(arguments.text(word));
                if (spec.endsOptions(word)) {
                    end = i;
                    arguments.rest = List.copyOf(words.subList(i, words.size()));
                    break;
                }
            }
        }
        arguments.before = List.copyOf(words.subList(0, end));
        return arguments;
    }

    private int longOption(String word, List<String> words, int next) {
        int equals = word.indexOf('=');
        String name = word.substring(2, equals < 0 ? word.length() : equals);
        Option option = named(name);
        if (option.argument() == null) {
            if (equals >= 0) {
                throw usage("option --" + option.name() + " takes no value");
            }
            add(option, "");
            return next;
        }
        if (equals >= 0 || option.mayHaveArgument()) {
            add(option, equals < 0 ? "" : word.substring(equals + 1));
            return next;
        }
        return value(option, "--" + option.name(), words, next);
    }

    /** Finds an option by its name; for a tool also by an abbreviation, as in getopt_long(3). */
    private Option named(String name) {
        Option found = null;
        for (Option option : all()) {
            if (option.name().equals(name)) {
                return option;
            }
            if (spec.tool() && option.name().startsWith(name)) {
                if (found != null) {
                    throw usage("option --" + name + " is ambiguous: --" + found.name() + " or --" + option.name());
                }
                found = option;
            }
        }
        if (found == null) {
            List<String> names = new ArrayList<>();
            for (Option option : all()) {
                names.add(option.name());
            }
            String nearest = Nearest.find(name, names);
            throw usage("unknown option --" + name + (nearest == null ? "" : "; did you mean --" + nearest + "?"));
        }
        return found;
    }

    private int letters(String word, List<String> words, int next) {
        for (int i = 1; i < word.length(); i++) {
            Option option = letter(word.charAt(i));
            if (!option.letterHasArgument()) {
                add(option, "");
            } else if (i + 1 < word.length()) {
                String value = word.substring(i + 1);
                add(option, option.mayHaveArgument() && value.startsWith("=") ? value.substring(1) : value);
                return next;
            } else if (option.mayHaveArgument()) {
                add(option, "");
            } else {
                return value(option, "-" + option.letter(), words, next);
            }
        }
        return next;
    }

    private Option letter(char letter) {
        for (Option option : all()) {
            if (option.letter() == letter) {
                return option;
            }
        }
        if (letter == 'n' && spec.boxes()) {
            throw usage("unknown option -n: write the box's name by itself");
        }
        throw usage("unknown option -" + letter
                + (spec.takesRest() && !spec.tool() ? "; the command's own options go after --" : ""));
    }

    private int value(Option option, String shown, List<String> words, int next) {
        if (next >= words.size()) {
            throw usage("option " + shown + " needs " + option.argument());
        }
        add(option, words.get(next));
        return next + 1;
    }

    private void add(Option option, String value) {
        List<String> values = new ArrayList<>(values(option));
        values.add(option.takesBytes() ? value : text(value));
        options.put(option.name(), values);
        order.add(option);
    }

    /** Checks that a word is valid text: Java cannot open files with other names. Namespace tools do not check it. */
    private String text(String word) {
        if (!spec.tool() && RawText.isRaw(word)) {
            Problem problem = new Problem(
                    "\"" + Printable.of(word) + "\" is not UTF-8, as names of boxes, files and keys must be",
                    null,
                    "make a symbolic link to the file");
            throw new JboxException(List.of(problem), JboxException.FAILED);
        }
        return word;
    }

    private List<Option> all() {
        List<Option> all = new ArrayList<>(spec.options());
        all.add(Option.HELP);
        return all;
    }

    JboxException usage(String message) {
        Problem problem = new Problem(spec.name() + ": " + message, null, "jbox help " + spec.name());
        return new JboxException(List.of(problem), JboxException.USAGE);
    }

    /**
     * The error for an unknown word, which suggests a similar one.
     *
     * @param words the valid words
     */
    JboxException noneOf(String word, String words) {
        String nearest = Nearest.find(word, List.of(words.split(" ")));
        return usage(
                "\"" + word + "\" is not one of " + words + (nearest == null ? "" : "; did you mean " + nearest + "?"));
    }

    /** Rejects unused words, which must not be ignored silently. */
    void refuseSurplus() {
        if (rest != null && !spec.takesRest()) {
            throw usage("takes nothing after --");
        }
        if (spec.operands().isEmpty() && !operands.isEmpty()) {
            throw usage("unexpected argument \"" + operands.get(0) + "\"");
        }
    }

    boolean has(Option option) {
        return options.containsKey(option.name());
    }

    /** The last of several options on the command line; null if none is used. */
    @Nullable
    Option last(Option... some) {
        List<Option> asked = List.of(some);
        for (int i = order.size() - 1; i >= 0; i--) {
            if (asked.contains(order.get(i))) {
                return order.get(i);
            }
        }
        return null;
    }

    /** The number of operands. */
    int count() {
        return count;
    }

    /** The words before the rest, as they were written. */
    List<String> beforeRest() {
        return before;
    }

    /** The values of an option, in order. */
    List<String> values(Option option) {
        return options.getOrDefault(option.name(), List.of());
    }

    /** The last value of an option, or null. */
    @Nullable
    String value(Option option) {
        List<String> values = values(option);
        return values.isEmpty() ? null : values.get(values.size() - 1);
    }

    /** The value of an option in seconds. */
    Duration seconds(Option option, Duration otherwise) {
        String text = value(option);
        return text == null ? otherwise : Duration.ofSeconds(number(option, 0, MAX_SECONDS, 0));
    }

    /** The value of an option as a whole number. */
    int number(Option option, int least, int most, int otherwise) {
        String text = value(option);
        if (text == null) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw usage("--" + option.name() + " \"" + text + "\": expected a number from " + least + " to " + most);
        }
        throw usage("--" + option.name() + " \"" + text + "\": expected a number from " + least + " to " + most);
    }

    /** The words that are not options, before a {@code --}. */
    List<String> operands() {
        return operands;
    }

    /** The words after a {@code --}, or null if there is none. */
    @Nullable
    List<String> rest() {
        return rest;
    }

    /** The only operand. */
    String operand(String what) {
        if (operands.size() != 1 || rest != null) {
            throw usage("expected one " + what);
        }
        return operands.get(0);
    }
}
