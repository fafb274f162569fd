package io.jbox.life;

import io.jbox.config.BadValueException;
import io.jbox.config.ImageName;
import io.jbox.facts.KnownWord;
import io.jbox.plan.LauncherName;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The words of {@code exec} or {@code run} before those of the command: the box, or the image of one that nobody has defined,
 * and options that a program can be made for. The launcher makes the same name of them.
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

    /** A box without options. */
    static OptionWords of(String command, String box) {
        OptionWords words = new OptionWords(command);
        words.box = box;
        words.words.add(KnownWord.of(box));
        return words;
    }

    /**
     * Returns null where no program can be made. The values of variables, which may be secrets, are dropped.
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
            // In which folders a command is searched for would not be known.
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

    /** There is no other box then, and a relative path leads elsewhere from another folder. */
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

    /** Whether these standard descriptors of the caller become what they do without an option about terminals. */
    public boolean fit(String letters) {
        return terminal == null
                || (terminal.equals(TERMINAL) ? letters.equals("ttt") : letters.equals("pp") || letters.equals("ps"));
    }

    /** The image of a box that nobody has defined; null for a box. */
    public @Nullable String image() {
        return image;
    }

    /** exec or run. */
    public String command() {
        return command;
    }

    /** The box; what stands for it in the names of programs where there is only an image. */
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

    /** The words, as they must be written for a program; of variables only the names. */
    List<KnownWord> known() {
        List<KnownWord> all = new ArrayList<>(List.of(KnownWord.of(command)));
        all.addAll(words);
        if (image != null) {
            // What is before them would be a box.
            all.add(KnownWord.of(DASHES));
        }
        return all;
    }

    /** The words as they were written, but for the values of variables. */
    public List<String> texts() {
        return words.stream().map(KnownWord::text).toList();
    }

    /**
     * What the name of a program ends with: {@code .-u.7.N.-w.!tmp.-e.LANG}, where N stands for the box. Empty for the
     * box alone.
     */
    String suffix() {
        return words.size() == 1 ? "" : suffix.toString();
    }
}
