package io.jbox.life;

import io.jbox.facts.KnownWord;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The words of {@code exec} or {@code run} before those of the command: the box, and options that a program can be made
 * for. The launcher makes the same name of them.
 */
public final class OptionWords {
    private static final String LETTERS = "_.=,:+@%-/";
    private static final int LONGEST = 100;

    private final List<String> words;
    private String box = "";
    private @Nullable String user;
    private @Nullable String folder;
    private final List<String> variables = new ArrayList<>();

    /** @param words as they are written; the value of a variable, which may be a secret, is forgotten */
    private OptionWords(List<String> words) {
        this.words = new ArrayList<>(words);
    }

    /** A box without options. */
    static OptionWords of(String box) {
        OptionWords words = new OptionWords(List.of(box));
        words.box = box;
        return words;
    }

    /** Returns null for words that no program is made for. */
    public static @Nullable OptionWords parse(List<String> words) {
        OptionWords parsed = new OptionWords(words);
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            boolean takesValue = word.equals("-u") || word.equals("-w") || word.equals("-e");
            if (takesValue && (i + 1 == words.size() || words.get(i + 1).isEmpty())) {
                return null;
            } else if (word.equals("-u")) {
                parsed.user = words.get(++i);
            } else if (word.equals("-w")) {
                parsed.folder = words.get(++i);
            } else if (word.equals("-e")) {
                String variable = words.get(++i);
                int equals = variable.indexOf('=');
                // What is searched for in another PATH is not known.
                if (!variable.matches("(?s)[A-Za-z0-9_]+=.*") || variable.startsWith("PATH=")) {
                    return null;
                }
                parsed.variables.add(variable.substring(0, equals));
                parsed.words.set(i, variable.substring(0, equals + 1));
            } else if (word.isEmpty() || word.startsWith("-") && !word.equals("-t") && !word.equals("-T")) {
                return null;
            } else if (!word.startsWith("-") && !parsed.box.isEmpty()) {
                return null;
            } else if (!word.startsWith("-")) {
                parsed.box = word;
            }
        }
        boolean relative = parsed.folder != null && !parsed.folder.startsWith("/");
        return parsed.box.isEmpty() || relative || !parsed.isName() ? null : parsed;
    }

    private boolean isName() {
        String all = String.join("", words);
        for (int i = 0; i < all.length(); i++) {
            char letter = all.charAt(i);
            if (!(letter < 128 && Character.isLetterOrDigit(letter)) && LETTERS.indexOf(letter) < 0) {
                return false;
            }
        }
        return suffix().length() <= LONGEST;
    }

    /**
     * As they must be written for a command; of variables only the names.
     *
     * @param command exec or run
     */
    List<KnownWord> known(String command) {
        List<KnownWord> all = new ArrayList<>(List.of(KnownWord.of(command)));
        String before = "";
        for (String word : words) {
            all.add(before.equals("-e") ? new KnownWord(word, KnownWord.Kind.BEGINNING) : KnownWord.of(word));
            before = before.equals("-e") || before.equals("-u") || before.equals("-w") ? "" : word;
        }
        return all;
    }

    /** The names of the variables that are set, whose values a program is given when it runs. */
    List<String> variables() {
        return variables;
    }

    /** A place for each of them. */
    List<String> environment() {
        List<String> places = new ArrayList<>();
        for (String name : variables) {
            places.add(name + "=");
        }
        return places;
    }

    /** As they were written, but for the values of variables. */
    public List<String> words() {
        return words;
    }

    public String box() {
        return box;
    }

    /** Null for the usual one. */
    @Nullable
    String user() {
        return user;
    }

    /** The working folder; null for the usual one. */
    @Nullable
    String folder() {
        return folder;
    }

    /** Whether there is nothing but the box. */
    public boolean arePlain() {
        return words.size() == 1;
    }

    /**
     * What the name of a program ends with: {@code .-u.7.N.-w.!tmp.-e.LANG}, where N stands for the box. Empty for the
     * box alone.
     */
    String suffix() {
        if (arePlain()) {
            return "";
        }
        List<String> parts = new ArrayList<>();
        String before = "";
        for (String word : words) {
            boolean isValue = before.equals("-e") || before.equals("-u") || before.equals("-w");
            parts.add(
                    before.equals("-e")
                            ? word.substring(0, word.length() - 1)
                            : !isValue && !word.startsWith("-") ? "N" : word);
            before = isValue ? "" : word;
        }
        return "." + String.join(".", parts).replace('/', '!');
    }
}
