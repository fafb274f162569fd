package io.jbox.life;

import io.jbox.config.BadValueException;
import io.jbox.config.ImageName;
import io.jbox.facts.KnownWord;
import io.jbox.plan.LauncherName;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The words of {@code exec} or {@code run} before the command: the box, or the image of an undefined box, and options
 * for which a program can be compiled. The launcher derives the same file name from them.
 */
public final class OptionWords {
    private static final String EXEC = "exec";
    private static final String RUN = "run";
    private static final String USER = "-u";
    private static final String FOLDER = "-w";
    private static final String VARIABLE = "-e";
    private static final String TERMINAL = "-t";
    private static final String NO_TERMINAL = "-T";
    private static final String IMAGE = "--image";
    private static final String DASHES = "--";
    private static final int LONGEST = 100;

    private final String command;
    private final List<KnownWord> words = new ArrayList<>();
    private final StringBuilder suffix = new StringBuilder();
    private final List<String> variables = new ArrayList<>();
    private String box = "";
    private @Nullable String image;
    private @Nullable String user;
    private @Nullable String folder;
    private @Nullable String terminal;

    private OptionWords(String command) {
        this.command = command;
    }

    /** The words for a box without options. */
    static OptionWords of(String command, String box) {
        OptionWords words = new OptionWords(command);
        words.box = box;
        words.words.add(KnownWord.of(box));
        return words;
    }

    /**
     * Returns null if no program can be compiled for the words. Drops the values of variables, which may be secrets.
     *
     * @param command exec or run
     */
    public static @Nullable OptionWords parse(String command, List<String> words) {
        OptionWords parsed = new OptionWords(command);
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            boolean takesValue = List.of(USER, FOLDER, VARIABLE, IMAGE).contains(word);
            boolean known = takesValue
                    ? ++i < words.size() && parsed.option(word, words.get(i))
                    : word.startsWith("-") ? parsed.flag(word) : parsed.box(word);
            if (!known) {
                return null;
            }
        }
        return parsed.box.isEmpty() || parsed.suffix.length() > LONGEST ? null : parsed;
    }

    private boolean flag(String word) {
        terminal = word;
        add(word, word);
        return word.equals(TERMINAL) || word.equals(NO_TERMINAL) && command.equals(EXEC);
    }

    private boolean box(String word) {
        boolean first = box.isEmpty();
        box = word;
        add(word, LauncherName.ANY);
        return first && LauncherName.isBox(word);
    }

    private boolean option(String option, String value) {
        add(option, option);
        if (option.equals(VARIABLE)) {
            int equals = value.indexOf('=');
            String name = value.substring(0, Math.max(0, equals));
            variables.add(name);
            words.add(new KnownWord(name + "=", KnownWord.Kind.BEGINNING));
            suffix.append('.').append(name);
            // With another PATH, the folders to search for a command would be unknown.
            return LauncherName.isVariable(name) && !name.equals("PATH");
        }
        add(value, value.replace('/', LauncherName.SLASH));
        return LauncherName.isValue(value)
                && switch (option) {
                    case USER -> {
                        user = value;
                        yield command.equals(EXEC);
                    }
                    case FOLDER -> {
                        folder = value;
                        yield value.startsWith("/");
                    }
                    default -> image(value);
                };
    }

    /** Accepts an image only if no box is named, and no relative path, whose meaning depends on the working folder. */
    private boolean image(String value) {
        boolean alone = box.isEmpty() && command.equals(RUN);
        box = LauncherName.OF_IMAGE;
        image = value;
        try {
            ImageName name = ImageName.parse(value);
            return alone && (!name.isLocal() || name.where().startsWith("/"));
        } catch (BadValueException e) {
            return false;
        }
    }

    private void add(String word, String shown) {
        words.add(KnownWord.of(word));
        suffix.append('.').append(shown);
    }

    /** Whether the caller's standard descriptors with these letters become the same as without a terminal option. */
    public boolean fit(String letters) {
        return terminal == null
                || (terminal.equals(TERMINAL) ? letters.equals("ttt") : letters.equals("pp") || letters.equals("ps"));
    }

    /** The image of an undefined box; null for a defined box. */
    public @Nullable String image() {
        return image;
    }

    /** Returns exec or run. */
    public String command() {
        return command;
    }

    /** The box, or its placeholder in the names of programs if there is only an image. */
    public String box() {
        return box;
    }

    /** The user; null for the usual one. */
    @Nullable
    String user() {
        return user;
    }

    /** The working folder; null for the usual one. */
    @Nullable
    String folder() {
        return folder;
    }

    /** The names of the variables that are set; a program gets the values when it runs. */
    List<String> variables() {
        return variables;
    }

    /** A placeholder for the value of each variable. */
    List<String> environment() {
        List<String> places = new ArrayList<>();
        for (String name : variables) {
            places.add(name + "=");
        }
        return places;
    }

    /** The words that a call must have to run the program; of variables only the names. */
    List<KnownWord> known() {
        List<KnownWord> all = new ArrayList<>(List.of(KnownWord.of(command)));
        all.addAll(words);
        if (image != null) {
            // Otherwise the first word would be taken for a box.
            all.add(KnownWord.of(DASHES));
        }
        return all;
    }

    /** The words as written, without the values of variables. */
    public List<String> texts() {
        return words.stream().map(KnownWord::text).toList();
    }

    /**
     * The suffix of a program's name: {@code .-u.7.N.-w.!tmp.-e.LANG}, where N stands for the box. Empty for the
     * box alone.
     */
    String suffix() {
        return words.size() == 1 ? "" : suffix.toString();
    }
}
