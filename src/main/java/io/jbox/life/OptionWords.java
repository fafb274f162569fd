package io.jbox.life;

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

    private OptionWords(List<String> words) {
        this.words = List.copyOf(words);
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
            boolean takesValue = word.equals("-u") || word.equals("-w");
            if (takesValue && (i + 1 == words.size() || words.get(i + 1).isEmpty())) {
                return null;
            } else if (word.equals("-u")) {
                parsed.user = words.get(++i);
            } else if (word.equals("-w")) {
                parsed.folder = words.get(++i);
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
        return all.length() + words.size() <= LONGEST;
    }

    /** As they were written. */
    List<String> words() {
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
     * What the name of a program ends with: {@code .-u.7.N.-w.!tmp}, where N stands for the box. Empty for the box alone.
     */
    String suffix() {
        if (arePlain()) {
            return "";
        }
        List<String> parts = new ArrayList<>();
        boolean value = false;
        for (String word : words) {
            parts.add(!value && !word.startsWith("-") ? "N" : word);
            value = !value && (word.equals("-u") || word.equals("-w"));
        }
        return "." + String.join(".", parts).replace('/', '!');
    }
}
