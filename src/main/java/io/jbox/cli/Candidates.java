package io.jbox.cli;

import io.jbox.problem.JboxException;
import io.jbox.state.BoxState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The words that can complete a command line that is being typed, for the completion of shells. */
final class Candidates {
    private final CandidateWords found;

    /** @param none the arguments of a command without any, for the folders that boxes are looked for in */
    Candidates(Surroundings surroundings, Arguments none) {
        this.found = new CandidateWords(surroundings, none);
    }

    /**
     * Finds them.
     *
     * @param words the command line without jbox itself; the last one is being typed, and may be empty
     * @return those that begin with the last word, each with what is said of it; {@link CandidateWords#FILES} and {@link
     *     CandidateWords#FOLDERS} among them
     */
    Map<String, String> of(List<String> words) {
        Map<String, String> all = found.found();
        String typed = words.isEmpty() ? "" : words.get(words.size() - 1);
        if (words.size() < 2) {
            for (String name : Commands.NAMES) {
                found.add(name, Commands.find(name).spec().about());
            }
        } else {
            try {
                find(Commands.find(Commands.alias(words.get(0))).spec(), words.subList(1, words.size() - 1), typed);
            } catch (JboxException e) {
                // An unknown command, or state that cannot be read: the command itself will say so.
                all.clear();
            }
        }
        all.keySet().removeIf(word -> !word.startsWith(":") && !(word.startsWith(typed) && isPlain(word)));
        return all;
    }

    private void find(CommandSpec spec, List<String> before, String typed) {
        List<String> operands = new ArrayList<>();
        @Nullable Option open = null;
        for (String word : before) {
            if (open != null) {
                open = null;
            } else if (word.equals("--")) {
                found.add(CandidateWords.FILES, "");
                return;
            } else if (word.startsWith("-")) {
                open = waiting(spec, word);
            } else {
                operands.add(word);
            }
        }
        int equals = typed.startsWith("--") ? typed.indexOf('=') : -1;
        if (open != null) {
            addValues(spec, open, typed, "");
        } else if (equals > 0) {
            Option option = named(spec, typed.substring(2, equals));
            if (option != null) {
                addValues(spec, option, typed.substring(equals + 1), typed.substring(0, equals + 1));
            }
        } else if (typed.startsWith("-")) {
            addOptions(spec);
        } else {
            new OperandCandidates(found).add(spec, operands);
        }
    }

    /** The option that the next word is the value of, if there is one. */
    private static @Nullable Option waiting(CommandSpec spec, String word) {
        @Nullable Option option;
        if (word.startsWith("--")) {
            option = named(spec, word.substring(2));
        } else {
            option = null;
            char last = word.charAt(word.length() - 1);
            for (Option each : spec.options()) {
                if (each.letter() != 0 && each.letter() == last) {
                    option = each;
                }
            }
        }
        return option == null || option.argument() == null || option.mayHaveArgument() ? null : option;
    }

    private static @Nullable Option named(CommandSpec spec, String name) {
        for (Option option : spec.options()) {
            if (option.name().equals(name)) {
                return option;
            }
        }
        return null;
    }

    private void addOptions(CommandSpec spec) {
        List<Option> options = new ArrayList<>(spec.options());
        options.add(Option.HELP);
        for (Option option : options) {
            found.add("--" + option.name(), option.about());
        }
        for (Option option : options) {
            if (option.letter() != 0) {
                found.add("-" + option.letter(), option.about());
            }
        }
    }

    /** @param prefix what stands before the value in the same word */
    private void addValues(CommandSpec spec, Option option, String typed, String prefix) {
        String argument = String.valueOf(option.argument());
        switch (argument) {
            case "FILE" -> found.add(CandidateWords.FILES, "");
            case "DIR" -> found.add(CandidateWords.FOLDERS, "");
            case "KEY=VALUE" -> found.addSettings(typed, prefix);
            case "KEY" -> found.addKeys(prefix, "");
            case "STATE[|STATE...]" -> {
                for (BoxState state : BoxState.values()) {
                    found.add(prefix + state, "");
                }
            }
            case "COLUMNS" -> found.addList(spec.name().equals("ls") ? Column.names() : "", typed, prefix);
            case "LEVEL" -> found.addWords("error warn info debug trace", prefix);
            case "FORMAT" -> found.addWords("text dot svg mermaid", prefix);
            case "TEMPLATE" -> found.addWords("busybox none", prefix);
            case "n|c|m|t" -> found.addWords("n c m t", prefix);
            case "unshare" -> found.addWords(argument, prefix);
            case "LIST" -> found.addList("mnt, pid, uts, ipc, net, cgroup, user", typed, prefix);
            default -> {
                // Numbers, and names that only the user knows.
                return;
            }
        }
    }

    /** A shell puts the word on the command line as it is: what would mean something there is none. */
    private static boolean isPlain(String word) {
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (!(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') && "_.,:=/@+-".indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }
}
