package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * How the launcher of a distribution derives the name of a program from the words of the command and its standard
 * descriptors.
 */
public final class LauncherName {
    static final Arg.Cell TO = new Arg.Cell("to", 8);
    private static final Loop.Label OPTION_LOOP = new Loop.Label("option");
    private static final Loop.Label OPTIONS_LOOP = new Loop.Label("options");
    private static final Arg.Cell LENGTH = new Arg.Cell("length", 8);
    static final Arg.Cell COMMAND = new Arg.Cell("command", 8);
    static final Arg.Cell FORM = new Arg.Cell("form", 8);
    /** A word that becomes a part of the name. */
    static final Arg.Cell BOX = new Arg.Cell("box", 8);

    static final Arg.Cell WORD = new Arg.Cell("any-word", 8);
    static final Arg.Cell KILLS = new Arg.Cell("kills", 8);
    static final Arg.Cell LETTER = new Arg.Cell("letter", 8);
    private static final Arg.Cell COUNT = new Arg.Cell("letters", 8);
    private static final Arg.Cell INPUT = new Arg.Cell("input-terminal", 8);
    private static final Arg.Cell SETTINGS = new Arg.Cell("termios", 64);
    static final Arg.Cell STATUS = new Arg.Cell("statx", 256);
    private static final Arg.Cell OTHER = new Arg.Cell("other-statx", 256);
    static final Arg.Cell FILE = new Arg.Cell("file", 8);
    /** The address of the variable that names the program. */
    static final Arg.Cell VARIABLE = new Arg.Cell("variable", 8);

    static final Arg.Cell AT = new Arg.Cell("at", 8);
    /** The address of the current word: of a tool, or before a command. */
    static final Arg.Cell OPTION = new Arg.Cell("option", 8);

    /** 1 right behind -t or --target, 2 behind the process id. */
    private static final Arg.Cell TARGET = new Arg.Cell("target", 8);
    /** The address of the words of the program: without jbox's own name where a tool follows. */
    static final Arg.Cell ARGUMENTS = new Arg.Cell("arguments", 8);

    static final int STX_UID = 20;
    private static final int STX_INO = 32;
    private static final int STX_RDEV = 128;
    private static final int STX_DEV = 136;
    private static final int MEMORY_DEVICES = 1;
    private static final int NULL_MINOR = 3;
    private static final int LONGEST_NAME = 200;
    private static final String PROGRAMS = "/var/cache/jbox/programs";
    /** What stands for any process, or any box, in the name of a program. */
    public static final String ANY = "N";
    /** Stands there for an undefined box over an image: no box has such a name. */
    public static final String OF_IMAGE = "_image";
    /** What stands for a slash there. */
    public static final char SLASH = '!';
    /** What may be in the name of a box besides letters and digits. */
    static final String BOX_LETTERS = "_.-";
    /** What may be in options of tools besides letters and digits. */
    public static final String OPTION_LETTERS = "_.=,:+-";
    /** What may be in values of options of exec and run besides letters and digits. */
    static final String VALUE_LETTERS = "_.=,:+@%/-";
    /** How long the name of a variable may be. */
    static final int LONGEST_VARIABLE = 64;

    /** How a command is written. */
    static final int IN_BOX = 1;

    static final int START = 2;
    static final int STOP = 3;
    static final int TOOL = 4;

    /** Places in memory that is mapped when the program runs. */
    static final class Memories {
        static final long OWN = 0x2000_0000L;
        static final long SCRIPT = OWN + 0x2000;
        static final long PROGRAM = OWN + 0x4000;
        static final long VARIABLE = OWN + 0x6000;
        static final long OPTIONS = OWN + 0x8000;
        static final long LISTS = OWN + 0xA000;
        static final long ENVIRONMENT = OWN + 0x1_0000;
        /** Behind more than the kernel lets an environment have (execve(2)). */
        static final long VARIABLES = OWN + 0xC0_0000;

        static final long SIZE = 0x100_0000;
    }

    private LauncherName() {}

    /** Derives the name. For a tool it also opens the file, since there may be one for fewer words. */
    static List<Statement> putTogether() {
        List<Statement> inBox = new ArrayList<>(streams());
        // Behind the last letter.
        inBox.add(Memory.add(TO, 1));
        append(new Arg.Address(Memories.OPTIONS), inBox);
        List<Statement> box = new ArrayList<>(putBox());
        box.add(where(IN_BOX, inBox));
        box.addAll(putEnding());
        List<Statement> all = new ArrayList<>(putFolder());
        all.add(where(TOOL, findTool()));
        all.add(unless(TOOL, box));
        return all;
    }

    /** The same for one of several boxes. */
    static List<Statement> putOneTogether() {
        List<Statement> all = new ArrayList<>(putFolder());
        all.addAll(putBox());
        all.addAll(putEnding());
        return all;
    }

    private static List<Statement> putFolder() {
        List<Statement> all = new ArrayList<>(List.of(Memory.set(TO, number(Memories.PROGRAM))));
        append(text(PROGRAMS), all);
        append(new Arg.Address(Memories.OWN), all);
        append(text("/"), all);
        return all;
    }

    private static List<Statement> putBox() {
        List<Statement> all = new ArrayList<>();
        append(new Arg.ValueOf(COMMAND), all);
        append(text("."), all);
        append(new Arg.ValueOf(BOX), all);
        append(text("."), all);
        return all;
    }

    private static List<Statement> putEnding() {
        List<Statement> start = new ArrayList<>();
        append(text("s"), start);
        List<Statement> kills = new ArrayList<>();
        append(text("k"), kills);
        List<Statement> halts = new ArrayList<>();
        append(text("h"), halts);
        return List.of(
                where(START, start),
                where(
                        STOP,
                        List.of(
                                new Branch(Memory.compare(KILLS, 1, Long.BYTES), Sign.ZERO, List.copyOf(kills)),
                                new Branch(Memory.compare(KILLS, 0, Long.BYTES), Sign.ZERO, List.copyOf(halts)))));
    }

    /**
     * Finds the program of a tool with certain options. It is unknown which words are options: they end before a word
     * without a dash, with the first file of such a name. The program checks all of them again.
     */
    private static List<Statement> findTool() {
        List<Statement> all = new ArrayList<>();
        append(new Arg.ValueOf(COMMAND), all);
        List<Statement> loop = new ArrayList<>(List.of(
                Memory.add(OPTION, Long.BYTES), Memory.copy(BOX, new Arg.ValueOf(OPTION), Long.BYTES), orGiveUp(BOX)));
        append(text("."), loop);
        loop.addAll(lookAtLetters(OPTION_LOOP, BOX, OPTION_LETTERS));
        loop.add(Branch.when(
                Memory.compare(TARGET, 1, Long.BYTES),
                Sign.ZERO,
                Memory.set(TARGET, number(2)),
                Words.address(BOX, new Arg.Pointer(new Arg.Text(ANY)))));
        append(new Arg.ValueOf(BOX), loop);
        loop.add(Branch.when(
                same(COMMAND, CompiledTool.NSENTER + "\0"),
                Sign.ZERO,
                Branch.when(same(BOX, "-t\0"), Sign.ZERO, Memory.add(TARGET, 1)),
                Branch.when(same(BOX, "--target\0"), Sign.ZERO, Memory.add(TARGET, 1))));
        loop.addAll(List.of(
                Memory.copy(AT, OPTION, Long.BYTES),
                Memory.add(AT, Long.BYTES),
                Memory.copy(WORD, new Arg.ValueOf(AT), Long.BYTES),
                orGiveUp(WORD),
                Branch.when(
                        same(WORD, "-"),
                        Sign.ZERO,
                        Branch.when(same(WORD, "--\0"), Sign.POSITIVE, Jump.again(OPTIONS_LOOP))),
                Branch.when(open(), Sign.NOT_NEGATIVE, Jump.leave(OPTIONS_LOOP)),
                Jump.again(OPTIONS_LOOP)));
        all.add(Loop.of(OPTIONS_LOOP, loop.toArray(new Statement[0])));
        return all;
    }

    static Call open() {
        return Call.may(OPENAT, cwd(), new Arg.Address(Memories.PROGRAM), flags(O_PATH, O_NOFOLLOW, O_CLOEXEC))
                .into(FILE);
    }

    /**
     * What the standard descriptors are. Each letter is one: t a terminal, p something else, s the same as standard output.
     * Without a terminal as input there is no letter for that.
     */
    private static List<Statement> streams() {
        Memory terminal = Memory.text(new Arg.ValueOf(TO), text("t"));
        Memory other = Memory.text(new Arg.ValueOf(TO), text("p"));
        Memory same = Memory.text(new Arg.ValueOf(TO), text("s"));
        Memory next = Memory.add(TO, 1);
        Branch ifSameFile = Branch.when(
                Memory.same(new Arg.Part(STATUS, STX_INO), new Arg.Part(OTHER, STX_INO), Long.BYTES),
                Sign.ZERO,
                Branch.when(
                        Memory.same(new Arg.Part(STATUS, STX_DEV), new Arg.Part(OTHER, STX_DEV), Long.BYTES),
                        Sign.ZERO,
                        Branch.when(
                                Memory.same(new Arg.Part(STATUS, STX_RDEV), nullDevice(), Long.BYTES),
                                Sign.POSITIVE,
                                same)));
        return List.of(
                Branch.when(isTerminal(0), Sign.ZERO, Memory.set(INPUT, number(1)), terminal, next),
                other,
                ifInput(Branch.when(isTerminal(1), Sign.ZERO, terminal)),
                next,
                other,
                Branch.when(statx(1, STATUS), Sign.ZERO, Branch.when(statx(2, OTHER), Sign.ZERO, ifSameFile)),
                ifInput(Branch.when(isTerminal(2), Sign.ZERO, terminal)));
    }

    private static Branch ifInput(Statement then) {
        return Branch.when(Memory.compare(INPUT, 1, Long.BYTES), Sign.ZERO, then);
    }

    private static Arg nullDevice() {
        return Arg.struct(
                new Arg.Field("major", Integer.BYTES, number(MEMORY_DEVICES)),
                new Arg.Field("minor", Integer.BYTES, number(NULL_MINOR)));
    }

    private static Call isTerminal(int standard) {
        return Call.may(IOCTL, number(standard), flags(TCGETS), SETTINGS);
    }

    private static Call statx(int standard, Arg.Cell into) {
        return Call.may(STATX, number(standard), text(""), flags(AT_EMPTY_PATH), flags(STATX_BASIC_STATS), into);
    }

    /** The name of a box becomes that of a file. */
    static List<Statement> lookAtName(Loop.Label loop) {
        List<Statement> all = new ArrayList<>(List.of(Memory.copy(LETTER, new Arg.ValueOf(BOX), 1)));
        all.addAll(Lookup.replace(LETTER, letters("_")));
        all.add(Branch.when(Memory.compare(LETTER, 1, 1), Sign.POSITIVE, Words.changed()));
        all.addAll(lookAtLetters(loop, BOX, LauncherName.BOX_LETTERS));
        return all;
    }

    /**
     * Gives up if a word contains other characters than letters, digits and these, or if the file name gets too long.
     */
    static List<Statement> lookAtLetters(Loop.Label label, Arg.Cell word, String more) {
        List<Statement> loop = new ArrayList<>(List.of(
                Memory.add(COUNT, 1),
                Branch.when(Memory.compare(COUNT, LONGEST_NAME, Long.BYTES), Sign.ZERO, Words.changed()),
                Memory.copy(LETTER, new Arg.ValueOf(AT), 1),
                Branch.when(Memory.compare(LETTER, 0, 1), Sign.ZERO, Jump.leave(label))));
        loop.addAll(Lookup.replace(LETTER, letters(more)));
        loop.add(Branch.when(Memory.compare(LETTER, 1, 1), Sign.POSITIVE, Words.changed()));
        loop.add(Memory.add(AT, 1));
        loop.add(Jump.again(label));
        return List.of(Memory.copy(AT, word, Long.BYTES), Loop.of(label, loop.toArray(new Statement[0])));
    }

    /** Whether a text can be a box in the name of a program. */
    public static boolean isBox(String text) {
        return isOf(letters(BOX_LETTERS), text) && isOf(letters("_"), text.substring(0, 1));
    }

    /** Whether a text can be the value of an option in the name of a program. */
    public static boolean isValue(String text) {
        return isOf(letters(VALUE_LETTERS), text);
    }

    /** Whether a text can be the name of a variable in the name of a program. */
    public static boolean isVariable(String text) {
        return text.length() <= LONGEST_VARIABLE && isOf(letters("_"), text);
    }

    private static boolean isOf(byte[] table, String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= table.length || table[text.charAt(i)] == 0) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /** 1 for letters, digits and a few more. */
    static byte[] letters(String more) {
        byte[] table = new byte[256];
        for (int i = 0; i < 128; i++) {
            char letter = (char) i;
            boolean alphanumeric =
                    letter >= 'a' && letter <= 'z' || letter >= 'A' && letter <= 'Z' || letter >= '0' && letter <= '9';
            table[i] = (byte) (alphanumeric || more.indexOf(letter) >= 0 ? 1 : 0);
        }
        return table;
    }

    /** Gives 0 if a pointer leads to these bytes. */
    static Memory same(Arg.Cell pointer, String bytes) {
        int length = bytes.isEmpty() ? 1 : bytes.length();
        String shown = bytes.endsWith("\0") ? bytes.substring(0, length - 1) : bytes;
        return Memory.same(new Arg.ValueOf(pointer), text(shown), length);
    }

    static Branch where(int form, List<Statement> statements) {
        return new Branch(Memory.compare(FORM, form, Long.BYTES), Sign.ZERO, List.copyOf(statements));
    }

    static Branch unless(int form, List<Statement> statements) {
        return new Branch(Memory.compare(FORM, form, Long.BYTES), Sign.POSITIVE, List.copyOf(statements));
    }

    static Branch orGiveUp(Arg.Cell pointer) {
        return Branch.when(Memory.compare(pointer, 0, Long.BYTES), Sign.ZERO, Words.changed());
    }

    static void append(Arg what, List<Statement> statements) {
        statements.add(Memory.text(new Arg.ValueOf(TO), what).into(LENGTH));
        statements.add(Memory.add(TO, new Arg.ValueOf(LENGTH)));
    }
}
