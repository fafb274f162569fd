package io.jbox.cli;

import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The words of a command line, sorted (getopt(1)'s conventions: -abc, -xVALUE, --name=VALUE, --). */
final class Arguments {
    private static final int MAX_SECONDS = 10_000_000;

    private final CommandSpec spec;
    private final Map<String, List<String>> options = new HashMap<>();
    private final List<String> operands = new ArrayList<>();
    private @Nullable List<String> rest;

    private Arguments(CommandSpec spec) {
        this.spec = spec;
    }

    /** @throws JboxException with the code for wrong usage */
    static Arguments parse(CommandSpec spec, List<String> words) {
        Arguments arguments = new Arguments(spec);
        int i = 0;
        while (i < words.size()) {
            String word = words.get(i++);
            if (word.equals("--")) {
                arguments.rest = List.copyOf(words.subList(i, words.size()));
                break;
            } else if (word.startsWith("--")) {
                i = arguments.longOption(word, words, i);
            } else if (word.length() > 1 && word.charAt(0) == '-') {
                i = arguments.letters(word, words, i);
            } else {
                arguments.operands.add(word);
            }
        }
        return arguments;
    }

    private int longOption(String word, List<String> words, int next) {
        int equals = word.indexOf('=');
        String name = word.substring(2, equals < 0 ? word.length() : equals);
        for (Option option : all()) {
            if (!option.name().equals(name)) {
                continue;
            }
            if (option.argument() == null) {
                if (equals >= 0) {
                    throw usage("option --" + name + " takes no value");
                }
                add(option, "");
                return next;
            }
            if (equals >= 0) {
                add(option, word.substring(equals + 1));
                return next;
            }
            return value(option, "--" + name, words, next);
        }
        throw usage("unknown option --" + name);
    }

    private int letters(String word, List<String> words, int next) {
        for (int i = 1; i < word.length(); i++) {
            Option option = letter(word.charAt(i));
            if (option.argument() == null) {
                add(option, "");
            } else if (i + 1 < word.length()) {
                add(option, word.substring(i + 1));
                return next;
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
            throw usage("unknown option -n: the box's name stands by itself");
        }
        throw usage("unknown option -" + letter + (spec.takesRest() ? "; the command's own stand behind --" : ""));
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
        values.add(value);
        options.put(option.name(), values);
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

    /** Words that the command has no use for must not be dropped in silence. */
    void refuseSurplus() {
        if (rest != null && !spec.takesRest()) {
            throw usage("takes nothing behind --");
        }
        if (spec.operands().isEmpty() && !operands.isEmpty()) {
            throw usage("\"" + operands.get(0) + "\" is one word too many");
        }
    }

    boolean has(Option option) {
        return options.containsKey(option.name());
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

    /** A number of seconds. */
    Duration seconds(Option option, Duration otherwise) {
        String text = value(option);
        return text == null ? otherwise : Duration.ofSeconds(number(option, 0, MAX_SECONDS, 0));
    }

    /** A whole number. */
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

    /** The words that are no options, before a {@code --}. */
    List<String> operands() {
        return operands;
    }

    /** The words behind a {@code --}, or null if there was none. */
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
