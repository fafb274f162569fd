package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;

import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * Plans the launcher of an installed jbox, which is a program itself: it executes the program of a command, where there is
 * one, and the shell's launcher, where there is none.
 *
 * <pre>
 * /opt/jbox/bin/jbox exec web -- id
 *   /var/cache/jbox/programs/opt/jbox/bin/jbox/exec.web.pp     is there, and is root's: this is executed
 *   /opt/jbox/libexec/jbox exec web -- id                      else
 * </pre>
 *
 * <p>It finds itself by /proc/self/exe, so it may be called by any name and through links. It changes nothing of what its
 * caller has left: environment, descriptors, and signals that are ignored.
 */
public final class LauncherSteps {
    /** The path of the shell's launcher. */
    public static final Arg SCRIPT = new Arg.Address(Memories.SCRIPT);

    private static final String PROGRAMS = "/var/cache/jbox/programs";
    private static final String LIBEXEC = "libexec/";
    /** Called by the name of one of these, jbox is that tool. */
    private static final List<String> TOOLS = List.of("unshare", "nsenter", "lsns");

    private static final int LONGEST_NAME = 256;
    private static final int STX_UID = 20;
    private static final int STX_INO = 32;
    private static final int STX_RDEV = 128;
    private static final int STX_DEV = 136;
    private static final int MEMORY_DEVICES = 1;
    private static final int NULL_MINOR = 3;

    private static final Arg.Cell AT = new Arg.Cell("at", 8);
    private static final Arg.Cell TO = new Arg.Cell("to", 8);
    private static final Arg.Cell LENGTH = new Arg.Cell("length", 8);
    private static final Arg.Cell NAME = new Arg.Cell("own-name", 8);
    private static final Arg.Cell LAST = new Arg.Cell("last-slash", 8);
    private static final Arg.Cell BEFORE = new Arg.Cell("slash-before", 8);
    private static final Arg.Cell COMMAND = new Arg.Cell("command", 8);
    private static final Arg.Cell FORM = new Arg.Cell("form", 8);
    private static final Arg.Cell BOX = new Arg.Cell("box", 8);
    private static final Arg.Cell WORD = new Arg.Cell("any-word", 8);
    private static final Arg.Cell DASHES = new Arg.Cell("two-dashes", 8);
    private static final Arg.Cell KILLS = new Arg.Cell("kills", 8);
    private static final Arg.Cell LETTER = new Arg.Cell("letter", 8);
    private static final Arg.Cell COUNT = new Arg.Cell("letters", 8);
    private static final Arg.Cell INPUT = new Arg.Cell("input-terminal", 8);
    private static final Arg.Cell SETTINGS = new Arg.Cell("termios", 64);
    private static final Arg.Cell STATUS = new Arg.Cell("statx", 256);
    private static final Arg.Cell OTHER = new Arg.Cell("other-statx", 256);
    private static final Arg.Cell FILE = new Arg.Cell("file", 8);

    /** Places in memory that is mapped when the program runs. */
    private static final class Memories {
        static final long OWN = 0x2000_0000L;
        static final long SCRIPT = OWN + 0x2000;
        static final long PROGRAM = OWN + 0x4000;
        static final long VARIABLE = OWN + 0x6000;
        static final long ENVIRONMENT = OWN + 0x1_0000;
        /** More than the kernel lets an environment have (execve(2)). */
        static final long SIZE = 0x100_0000;
    }

    /** How a command is written. */
    private static final int IN_BOX = 1;

    private static final int START = 2;
    private static final int STOP = 3;

    private LauncherSteps() {}

    /** All of it; where a step fails, {@link #SCRIPT} is to be executed with the words and environment of the caller. */
    public static List<Step> steps() {
        return List.of(
                step("find the words", findWords()),
                step("find jbox", findJbox()),
                step("look who calls", lookWhoCalls()),
                step("look at the words", lookAtWords()),
                step("put the program's name together", putNameTogether()),
                step("execute the program", execute()));
    }

    private static Step step(String subject, List<Statement> statements) {
        Step.Draft step = Step.by(Actor.JBOX, subject, Place.DEFAULT);
        statements.forEach(step::add);
        return step.build();
    }

    private static List<Statement> findWords() {
        List<Statement> all = new ArrayList<>(Words.find());
        all.add(Call.must(
                "mmap",
                new Arg.Address(Memories.OWN),
                number(Memories.SIZE),
                flags("PROT_READ", "PROT_WRITE"),
                flags("MAP_PRIVATE", "MAP_ANONYMOUS", "MAP_FIXED_NOREPLACE"),
                number(-1),
                number(0)));
        return all;
    }

    /** The shell's launcher is in a folder beside that of this program. */
    private static List<Statement> findJbox() {
        List<Statement> all = new ArrayList<>(List.of(
                Call.must(
                        "readlinkat",
                        cwd(),
                        text("/proc/self/exe"),
                        new Arg.Address(Memories.OWN),
                        number(Memories.SCRIPT - Memories.OWN - 1)),
                Memory.set(AT, number(Memories.OWN)),
                Loop.of(
                        "slashes",
                        Branch.when(
                                same(AT, "/"),
                                Sign.ZERO,
                                Memory.copy(BEFORE, LAST, Long.BYTES),
                                Memory.copy(LAST, AT, Long.BYTES),
                                Memory.add(LAST, 1)),
                        Branch.when(same(AT, ""), Sign.ZERO, Jump.leave("slashes")),
                        Memory.add(AT, 1),
                        Jump.again("slashes")),
                Memory.text(SCRIPT, new Arg.Address(Memories.OWN)),
                Memory.copy(TO, BEFORE, Long.BYTES),
                Memory.add(TO, Memories.SCRIPT - Memories.OWN),
                Memory.text(new Arg.ValueOf(TO), text(LIBEXEC + "jbox"))));
        word(NAME, 0, all);
        all.add(Memory.copy(AT, NAME, Long.BYTES));
        all.add(Loop.of(
                "name",
                Branch.when(same(AT, "/"), Sign.ZERO, Memory.copy(NAME, AT, Long.BYTES), Memory.add(NAME, 1)),
                Branch.when(same(AT, ""), Sign.ZERO, Jump.leave("name")),
                Memory.add(AT, 1),
                Jump.again("name")));
        for (String tool : TOOLS) {
            all.add(Branch.when(
                    same(NAME, tool + "\0"),
                    Sign.ZERO,
                    Memory.text(new Arg.ValueOf(TO), text(LIBEXEC + tool)),
                    Words.changed()));
        }
        return all;
    }

    /** Only root has programs; a program that has given up has set a variable. */
    private static List<Statement> lookWhoCalls() {
        return List.of(
                Branch.when(Call.may("geteuid"), Sign.NOT_ZERO, Words.changed()),
                Call.must("statx", cwd(), text("/"), number(0), flags("STATX_BASIC_STATS"), STATUS),
                Branch.when(Memory.compare(new Arg.Part(STATUS, STX_UID), 0, 4), Sign.POSITIVE, Words.changed()),
                Words.noVariables(false));
    }

    private static List<Statement> lookAtWords() {
        List<Statement> all = new ArrayList<>();
        word(COMMAND, 1, all);
        all.add(Branch.when(same(COMMAND, "exec\0"), Sign.ZERO, Memory.set(FORM, number(IN_BOX))));
        all.add(Branch.when(same(COMMAND, "run\0"), Sign.ZERO, Memory.set(FORM, number(IN_BOX))));
        all.add(Branch.when(same(COMMAND, "start\0"), Sign.ZERO, Memory.set(FORM, number(START))));
        all.add(Branch.when(same(COMMAND, "stop\0"), Sign.ZERO, Memory.set(FORM, number(STOP))));
        all.add(Branch.when(Memory.compare(FORM, 0, Long.BYTES), Sign.ZERO, Words.changed()));
        word(BOX, 2, all);

        List<Statement> inBox = new ArrayList<>();
        word(WORD, 3, inBox);
        List<Statement> dashes = new ArrayList<>(List.of(Memory.set(DASHES, number(1))));
        word(WORD, 4, dashes);
        inBox.add(new Branch(same(WORD, "--\0"), Sign.ZERO, List.copyOf(dashes)));
        // An option of jbox's own, or no name of a program.
        inBox.add(Branch.when(
                Memory.compare(DASHES, 0, Long.BYTES),
                Sign.ZERO,
                Branch.when(same(WORD, "-"), Sign.ZERO, Words.changed()),
                Branch.when(same(WORD, ""), Sign.ZERO, Words.changed())));
        all.add(where(IN_BOX, inBox));
        all.add(where(START, noWord(3)));
        List<Statement> kills = new ArrayList<>(List.of(Memory.set(KILLS, number(1))));
        word(BOX, 3, kills);
        kills.addAll(noWord(4));
        all.add(where(
                STOP,
                List.of(
                        new Branch(same(BOX, "-k\0"), Sign.ZERO, List.copyOf(kills)),
                        new Branch(Memory.compare(KILLS, 0, Long.BYTES), Sign.ZERO, noWord(3)))));
        all.addAll(lookAtName());
        return all;
    }

    private static Branch where(int form, List<Statement> statements) {
        return new Branch(Memory.compare(FORM, form, Long.BYTES), Sign.ZERO, List.copyOf(statements));
    }

    /** The name of a box becomes that of a file. */
    private static List<Statement> lookAtName() {
        List<Statement> all = new ArrayList<>(List.of(Memory.copy(LETTER, new Arg.ValueOf(BOX), 1)));
        all.addAll(Lookup.replace(LETTER, letters("_")));
        all.add(Branch.when(Memory.compare(LETTER, 1, 1), Sign.POSITIVE, Words.changed()));
        all.add(Memory.copy(AT, BOX, Long.BYTES));
        List<Statement> loop = new ArrayList<>(List.of(
                Memory.copy(LETTER, new Arg.ValueOf(AT), 1),
                Branch.when(Memory.compare(LETTER, 0, 1), Sign.ZERO, Jump.leave("box"))));
        loop.addAll(Lookup.replace(LETTER, letters("_.-")));
        loop.add(Branch.when(Memory.compare(LETTER, 1, 1), Sign.POSITIVE, Words.changed()));
        loop.add(Memory.add(AT, 1));
        loop.add(Memory.add(COUNT, 1));
        loop.add(Branch.when(Memory.compare(COUNT, LONGEST_NAME, Long.BYTES), Sign.ZERO, Words.changed()));
        loop.add(Jump.again("box"));
        all.add(Loop.of("box", loop.toArray(new Statement[0])));
        return all;
    }

    /** 1 for letters, digits and a few more. */
    private static byte[] letters(String more) {
        byte[] table = new byte[256];
        for (int i = 0; i < 128; i++) {
            char letter = (char) i;
            boolean alphanumeric =
                    letter >= 'a' && letter <= 'z' || letter >= 'A' && letter <= 'Z' || letter >= '0' && letter <= '9';
            table[i] = (byte) (alphanumeric || more.indexOf(letter) >= 0 ? 1 : 0);
        }
        return table;
    }

    private static List<Statement> putNameTogether() {
        List<Statement> all = new ArrayList<>(List.of(Memory.set(TO, number(Memories.PROGRAM))));
        append(text(PROGRAMS), all);
        append(new Arg.Address(Memories.OWN), all);
        append(text("/"), all);
        append(new Arg.ValueOf(COMMAND), all);
        append(text("."), all);
        append(new Arg.ValueOf(BOX), all);
        append(text("."), all);
        all.add(where(IN_BOX, streams()));
        List<Statement> start = new ArrayList<>();
        append(text("s"), start);
        all.add(where(START, start));
        List<Statement> kills = new ArrayList<>();
        append(text("k"), kills);
        List<Statement> halts = new ArrayList<>();
        append(text("h"), halts);
        all.add(where(
                STOP,
                List.of(
                        new Branch(Memory.compare(KILLS, 1, Long.BYTES), Sign.ZERO, List.copyOf(kills)),
                        new Branch(Memory.compare(KILLS, 0, Long.BYTES), Sign.ZERO, List.copyOf(halts)))));
        return all;
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
        return Call.may("ioctl", number(standard), flags("TCGETS"), SETTINGS);
    }

    private static Call statx(int standard, Arg.Cell into) {
        return Call.may("statx", number(standard), text(""), flags("AT_EMPTY_PATH"), flags("STATX_BASIC_STATS"), into);
    }

    /** The file that is looked at is the one that is executed; the caller's environment follows one variable more. */
    private static List<Statement> execute() {
        List<Statement> all = new ArrayList<>(List.of(
                Call.must(
                                "openat",
                                cwd(),
                                new Arg.Address(Memories.PROGRAM),
                                flags("O_PATH", "O_NOFOLLOW", "O_CLOEXEC"))
                        .into(FILE),
                Call.must(
                        "statx",
                        new Arg.ValueOf(FILE, 0, Integer.BYTES),
                        text(""),
                        flags("AT_EMPTY_PATH"),
                        flags("STATX_BASIC_STATS"),
                        STATUS),
                Branch.when(Memory.compare(new Arg.Part(STATUS, STX_UID), 0, 4), Sign.POSITIVE, Words.changed()),
                Memory.set(TO, number(Memories.VARIABLE))));
        append(text(Words.OWN_VARIABLE), all);
        append(new Arg.Address(Memories.PROGRAM), all);
        all.add(Memory.set(TO, number(Memories.ENVIRONMENT)));
        all.add(Memory.set(WORD, number(Memories.VARIABLE)));
        all.add(Memory.copy(AT, Words.ENVP, Long.BYTES));
        all.add(Loop.of(
                "environment",
                Memory.copy(new Arg.ValueOf(TO), WORD, Long.BYTES),
                Branch.when(Memory.compare(WORD, 0, Long.BYTES), Sign.ZERO, Jump.leave("environment")),
                Memory.add(TO, Long.BYTES),
                Memory.copy(WORD, new Arg.ValueOf(AT), Long.BYTES),
                Memory.add(AT, Long.BYTES),
                Jump.again("environment")));
        all.add(Call.must(
                "execveat",
                new Arg.ValueOf(FILE, 0, Integer.BYTES),
                text(""),
                new Arg.ValueOf(Words.ARGV),
                new Arg.Address(Memories.ENVIRONMENT),
                flags("AT_EMPTY_PATH")));
        return all;
    }

    /** Gives 0 where a pointer leads to these bytes. */
    private static Memory same(Arg.Cell pointer, String bytes) {
        int length = bytes.isEmpty() ? 1 : bytes.length();
        String shown = bytes.endsWith("\0") ? bytes.substring(0, length - 1) : bytes;
        return Memory.same(new Arg.ValueOf(pointer), text(shown), length);
    }

    /** Finds a word, which must be there. */
    private static void word(Arg.Cell into, int index, List<Statement> statements) {
        statements.add(Memory.copy(AT, Words.ARGV, Long.BYTES));
        statements.add(Memory.add(AT, (long) index * Long.BYTES));
        statements.add(Memory.copy(into, new Arg.ValueOf(AT), Long.BYTES));
        statements.add(Branch.when(Memory.compare(into, 0, Long.BYTES), Sign.ZERO, Words.changed()));
    }

    /** Gives up where there is a word; those before are there. */
    private static List<Statement> noWord(int index) {
        return List.of(
                Memory.copy(AT, Words.ARGV, Long.BYTES),
                Memory.add(AT, (long) index * Long.BYTES),
                Memory.copy(WORD, new Arg.ValueOf(AT), Long.BYTES),
                Branch.when(Memory.compare(WORD, 0, Long.BYTES), Sign.POSITIVE, Words.changed()));
    }

    private static void append(Arg what, List<Statement> statements) {
        statements.add(Memory.text(new Arg.ValueOf(TO), what).into(LENGTH));
        statements.add(Memory.add(TO, new Arg.ValueOf(LENGTH)));
    }
}
