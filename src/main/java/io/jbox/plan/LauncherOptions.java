package io.jbox.plan;

import static io.jbox.plan.LauncherName.BOX;
import static io.jbox.plan.LauncherName.LETTER;
import static io.jbox.plan.LauncherName.OPTION;
import static io.jbox.plan.LauncherName.TO;
import static io.jbox.plan.LauncherName.WORD;
import static io.jbox.plan.LauncherName.append;
import static io.jbox.plan.LauncherName.lookAtLetters;
import static io.jbox.plan.LauncherName.orGiveUp;
import static io.jbox.plan.LauncherName.same;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;

import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * How the launcher of a distribution finds the box among the words of {@code exec} and {@code run} before the command,
 * and turns options among them into the suffix of the program's name.
 */
final class LauncherOptions {
    private static final Loop.Label WORDS_LOOP = new Loop.Label("words");
    private static final Loop.Label VALUE_LOOP = new Loop.Label("value");
    private static final Loop.Label SLASHES_LOOP = new Loop.Label("value-slashes");
    private static final Loop.Label NAME_LOOP = new Loop.Label("variable-name");
    private static final Arg.Cell LENGTH = new Arg.Cell("variable-name-length", 8);
    private static final Arg.Cell VALUE = new Arg.Cell("option-value", 8);
    private static final Arg.Cell START = new Arg.Cell("option-value-start", 8);
    /** More options than fit in a file name. */
    private static final int MOST_OPTIONS = 100;

    private static final Arg.Cell SEEN = new Arg.Cell("options-seen", 8);

    private LauncherOptions() {}

    /** Stores the box in its cell and the suffix of the name in its place; gives up if there is no command. */
    static List<Statement> look() {
        List<Statement> option = new ArrayList<>(List.of(
                Memory.add(SEEN, 1),
                Branch.when(Memory.compare(SEEN, MOST_OPTIONS, Long.BYTES), Sign.ZERO, Words.changed())));
        append(text("."), option);
        append(new Arg.ValueOf(WORD), option);

        List<Statement> variable = new ArrayList<>(option);
        next(VALUE, variable);
        variable.addAll(appendName());
        variable.add(Jump.again(WORDS_LOOP));

        List<Statement> value = new ArrayList<>(option);
        next(VALUE, value);
        value.addAll(lookAtLetters(VALUE_LOOP, VALUE, LauncherName.VALUE_LETTERS));
        append(text("."), value);
        value.add(Memory.copy(START, TO, Long.BYTES));
        append(new Arg.ValueOf(VALUE), value);
        value.add(replaceSlashes());
        value.add(Jump.again(WORDS_LOOP));
        option.add(Jump.again(WORDS_LOOP));

        List<Statement> words = new ArrayList<>();
        next(WORD, words);
        List<Statement> dashes = new ArrayList<>();
        next(WORD, dashes);
        dashes.add(Jump.leave(WORDS_LOOP));
        words.add(new Branch(same(WORD, "--\0"), Sign.ZERO, List.copyOf(dashes)));
        for (String letter : List.of("-t\0", "-T\0")) {
            words.add(new Branch(same(WORD, letter), Sign.ZERO, List.copyOf(option)));
        }
        for (String letter : List.of("-u\0", "-w\0")) {
            words.add(new Branch(same(WORD, letter), Sign.ZERO, List.copyOf(value)));
        }
        words.add(new Branch(same(WORD, "-e\0"), Sign.ZERO, List.copyOf(variable)));
        List<Statement> image = new ArrayList<>(List.of(
                Branch.when(Memory.compare(BOX, 0, Long.BYTES), Sign.POSITIVE, Words.changed()),
                Words.address(BOX, new Arg.Pointer(new Arg.Text(LauncherName.OF_IMAGE)))));
        image.addAll(value);
        words.add(new Branch(same(WORD, "--image\0"), Sign.ZERO, List.copyOf(image)));
        words.add(Branch.when(same(WORD, "-"), Sign.ZERO, Words.changed()));
        words.add(Branch.when(same(WORD, ""), Sign.ZERO, Words.changed()));
        List<Statement> box = new ArrayList<>(List.of(Memory.copy(BOX, WORD, Long.BYTES)));
        append(text("." + LauncherName.ANY), box);
        box.add(Jump.again(WORDS_LOOP));
        words.add(new Branch(Memory.compare(BOX, 0, Long.BYTES), Sign.ZERO, List.copyOf(box)));
        // A word behind an image is not a command: jbox reports the error.
        words.add(Branch.when(same(BOX, LauncherName.OF_IMAGE + "\0"), Sign.ZERO, Words.changed()));
        words.add(Jump.leave(WORDS_LOOP));

        return List.of(
                Memory.set(TO, number(LauncherName.Memories.OPTIONS)),
                new Loop(WORDS_LOOP, List.copyOf(words)),
                orGiveUp(BOX),
                Branch.when(
                        Memory.compare(SEEN, 0, Long.BYTES),
                        Sign.ZERO,
                        Memory.text(new Arg.Address(LauncherName.Memories.OPTIONS), text(""))));
    }

    /** Appends the name of a variable: its value may be a secret, and the program does not depend on it. */
    private static List<Statement> appendName() {
        List<Statement> letter = new ArrayList<>(List.of(
                Memory.add(LENGTH, 1),
                Branch.when(
                        Memory.compare(LENGTH, LauncherName.LONGEST_VARIABLE + 2, Long.BYTES),
                        Sign.ZERO,
                        Words.changed()),
                Memory.copy(LETTER, new Arg.ValueOf(VALUE), 1),
                Branch.when(Memory.compare(LETTER, '=', 1), Sign.ZERO, Jump.leave(NAME_LOOP)),
                Memory.copy(new Arg.ValueOf(TO), LETTER, 1),
                Memory.add(TO, 1)));
        letter.addAll(Lookup.replace(LETTER, LauncherName.letters("_")));
        letter.add(Branch.when(Memory.compare(LETTER, 1, 1), Sign.POSITIVE, Words.changed()));
        letter.add(Memory.add(VALUE, 1));
        letter.add(Jump.again(NAME_LOOP));
        List<Statement> all = new ArrayList<>();
        append(text("."), all);
        all.addAll(List.of(Memory.set(LENGTH, number(0)), new Loop(NAME_LOOP, List.copyOf(letter))));
        all.add(Memory.text(new Arg.ValueOf(TO), text("")));
        return all;
    }

    /** The next word, which must be there. */
    private static void next(Arg.Cell into, List<Statement> statements) {
        statements.add(Memory.add(OPTION, Long.BYTES));
        statements.add(Memory.copy(into, new Arg.ValueOf(OPTION), Long.BYTES));
        statements.add(orGiveUp(into));
    }

    /** Replaces slashes, which a file name cannot contain. */
    private static Statement replaceSlashes() {
        return Loop.of(
                SLASHES_LOOP,
                Branch.when(Memory.same(START, TO, Long.BYTES), Sign.ZERO, Jump.leave(SLASHES_LOOP)),
                Memory.copy(LETTER, new Arg.ValueOf(START), 1),
                Branch.when(
                        Memory.compare(LETTER, '/', 1),
                        Sign.ZERO,
                        Memory.copy(new Arg.ValueOf(START), text(String.valueOf(LauncherName.SLASH)), 1)),
                Memory.add(START, 1),
                Jump.again(SLASHES_LOOP));
    }
}
