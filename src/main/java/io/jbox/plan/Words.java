package io.jbox.plan;

import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.Environment;
import io.jbox.facts.KnownWord;
import io.jbox.problem.Place;
import io.jbox.problem.RawText;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Fail;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The words and the environment with which a compiled program is called, known only when it runs.
 *
 * <p>At its start the stack pointer leads to {@code argc, argv[0], …, NULL, envp[0], …, NULL} (System V ABI). A program
 * passes words to the next one as its environment, which the kernel copies.
 */
public final class Words {
    /** The first stack pointer; the program's entry writes it. */
    public static final Arg.Cell STACK = new Arg.Cell("stack", 8);
    /** The address of the argument list. */
    public static final Arg.Cell ARGV = new Arg.Cell("argv", 8);
    /** The address of the environment. */
    public static final Arg.Cell ENVP = new Arg.Cell("envp", 8);
    /** The address of the caller's environment: without the variable that the launcher has put before it. */
    public static final Arg.Cell CALLERS_ENVP = new Arg.Cell("callers-envp", 8);
    /** The number that one of the words represents. */
    static final Arg.Cell NUMBER = new Arg.Cell("word-number", 8);
    /** The address of the command's list of words. */
    static final Arg.Cell WORDS = new Arg.Cell("words", 8);

    /** The address of the list that is handed on to the program of the command. */
    static final Arg.Cell HANDED = new Arg.Cell("handed-words", 8);

    private static final Loop.Label VARIABLES_LOOP = new Loop.Label("variables");
    private static final Loop.Label VARIABLE_LOOP = new Loop.Label("variable");
    private static final Loop.Label HANDED_LOOP = new Loop.Label("handed");
    private static final Loop.Label SLASH_LOOP = new Loop.Label("slash");
    private static final Arg.Cell TO = new Arg.Cell("handed-to", 8);
    private static final Arg.Cell SLOT = new Arg.Cell("variable-slot", 8);
    private static final Arg.Cell COUNT = new Arg.Cell("argc", 8);
    private static final Arg.Cell AT = new Arg.Cell("word-at", 8);
    private static final Arg.Cell WORD = new Arg.Cell("word", 8);
    /** Whether there are two dashes before the command. */
    private static final Arg.Cell DASHES = new Arg.Cell("dashes", 8);
    /** A place for paths that are put together: as long as a word and a folder can be. */
    static final long PATH_ADDRESS = 0x2000_0000L;

    private static final long PATH_SIZE = 0x4_0000;
    /** From the stack pointer to the environment of a program with one argument, in bytes. */
    private static final int HANDED_ON = 3 * Long.BYTES;
    /** A place for the list of words that are handed on: more than the kernel lets a program have (execve(2)). */
    private static final long HANDED_ADDRESS = 0x2400_0000L;

    private static final long HANDED_SIZE = 0x100_0000;

    private static final String OWN_PREFIX = "JBOX_";
    /** Set by the launcher for the program, and for jbox where the program gives up. */
    static final String OWN_VARIABLE = "JBOX_PROGRAM=";

    private Words() {}

    /** Finds arguments and environment, which a program that gives up passes on. */
    static List<Statement> find() {
        return List.of(
                Memory.copy(COUNT, new Arg.ValueOf(STACK), Long.BYTES),
                Memory.copy(ARGV, STACK, Long.BYTES),
                Memory.add(ARGV, Long.BYTES),
                Memory.copy(ENVP, COUNT, Long.BYTES),
                Memory.add(ENVP, new Arg.ValueOf(ENVP)),
                Memory.add(ENVP, new Arg.ValueOf(ENVP)),
                Memory.add(ENVP, new Arg.ValueOf(ENVP)),
                Memory.add(ENVP, new Arg.ValueOf(STACK)),
                Memory.add(ENVP, 2 * Long.BYTES));
    }

    /**
     * Finds the caller's environment behind the variable that the compiled launcher sets; gives up if it is missing.
     */
    static List<Statement> findCallers() {
        return List.of(
                Memory.copy(CALLERS_ENVP, ENVP, Long.BYTES),
                Memory.copy(AT, new Arg.ValueOf(ENVP), Long.BYTES),
                unlessNull(AT),
                Branch.when(
                        Memory.same(new Arg.ValueOf(AT), text(OWN_VARIABLE), OWN_VARIABLE.length()),
                        Sign.POSITIVE,
                        changed()),
                Memory.add(CALLERS_ENVP, Long.BYTES));
    }

    /** What follows the required words. */
    enum Follows {
        NOTHING,
        /** The words of a command, behind {@code --} or not. */
        COMMAND,
        /** The words of a command, whatever the first one is. */
        PROGRAM
    }

    /**
     * Checks that the words are those that the program is for.
     *
     * @param fixed the arguments that must be there, behind the program's name
     */
    static List<Statement> check(List<KnownWord> fixed, Follows follows) {
        List<Statement> steps = new ArrayList<>(List.of(Memory.copy(WORDS, ARGV, Long.BYTES)));
        List<Arg.Cell> beginnings = new ArrayList<>();
        for (KnownWord word : fixed) {
            steps.add(Memory.add(WORDS, Long.BYTES));
            steps.add(Memory.copy(WORD, new Arg.ValueOf(WORDS), Long.BYTES));
            steps.add(unlessNull(WORD));
            if (word.kind() == KnownWord.Kind.NUMBER) {
                steps.addAll(DecimalWord.read(WORD, NUMBER, changed()));
                continue;
            }
            boolean same = word.kind() == KnownWord.Kind.SAME;
            int length = word.text().length() + (same ? 1 : 0);
            steps.add(Branch.when(
                    Memory.same(new Arg.ValueOf(WORD), text(word.text()), length), Sign.POSITIVE, changed()));
            if (!same) {
                Arg.Cell begun = new Arg.Cell("begun-word-" + beginnings.size(), 8);
                steps.add(Memory.copy(begun, WORD, Long.BYTES));
                beginnings.add(begun);
            }
        }
        steps.add(Memory.add(WORDS, Long.BYTES));
        steps.add(Memory.copy(WORD, new Arg.ValueOf(WORDS), Long.BYTES));
        if (follows != Follows.NOTHING) {
            steps.add(unlessNull(WORD));
        }
        if (follows == Follows.COMMAND) {
            steps.add(Branch.when(
                    Memory.same(new Arg.ValueOf(WORD), text("--"), 3),
                    Sign.ZERO,
                    Memory.add(WORDS, Long.BYTES),
                    Memory.copy(WORD, new Arg.ValueOf(WORDS), Long.BYTES),
                    unlessNull(WORD),
                    Memory.set(DASHES, number(1))));
            // A word with a dash is an option of jbox.
            steps.add(Branch.when(
                    Memory.compare(DASHES, 0, Long.BYTES),
                    Sign.ZERO,
                    Branch.when(Memory.same(new Arg.ValueOf(WORD), text("-"), 1), Sign.ZERO, changed())));
        } else if (follows == Follows.NOTHING) {
            steps.add(Branch.when(Memory.compare(WORD, 0, Long.BYTES), Sign.POSITIVE, changed()));
        }
        steps.add(noVariables(true));
        steps.addAll(handOn(beginnings));
        return steps;
    }

    /** Puts the variables of -e before the command's words; without any, hands on the words as they are. */
    private static List<Statement> handOn(List<Arg.Cell> beginnings) {
        if (beginnings.isEmpty()) {
            return List.of(Memory.copy(HANDED, WORDS, Long.BYTES));
        }
        List<Statement> steps = new ArrayList<>(List.of(
                Call.must(
                        MMAP,
                        new Arg.Address(HANDED_ADDRESS),
                        number(HANDED_SIZE),
                        flags(PROT_READ, PROT_WRITE),
                        flags(MAP_PRIVATE, MAP_ANONYMOUS, MAP_FIXED_NOREPLACE),
                        number(-1),
                        number(0)),
                Memory.set(HANDED, number(HANDED_ADDRESS)),
                Memory.copy(TO, HANDED, Long.BYTES)));
        for (Arg.Cell begun : beginnings) {
            steps.add(Memory.copy(new Arg.ValueOf(TO), begun, Long.BYTES));
            steps.add(Memory.add(TO, Long.BYTES));
        }
        steps.add(Memory.copy(AT, WORDS, Long.BYTES));
        steps.add(Loop.of(
                HANDED_LOOP,
                Memory.copy(WORD, new Arg.ValueOf(AT), Long.BYTES),
                Memory.copy(new Arg.ValueOf(TO), WORD, Long.BYTES),
                Branch.when(Memory.compare(WORD, 0, Long.BYTES), Sign.ZERO, Jump.leave(HANDED_LOOP)),
                Memory.add(AT, Long.BYTES),
                Memory.add(TO, Long.BYTES),
                Jump.again(HANDED_LOOP)));
        return steps;
    }

    private static Statement unlessNull(Arg.Cell pointer) {
        return Branch.when(Memory.compare(pointer, 0, Long.BYTES), Sign.ZERO, changed());
    }

    static Fail changed() {
        return new Fail(Fail.Reason.CHANGED, null);
    }

    /**
     * Gives up if the environment has variables that change what jbox does.
     *
     * @param own whether the variable that the launcher sets is permitted
     */
    static Statement noVariables(boolean own) {
        return Loop.of(
                VARIABLES_LOOP,
                Memory.copy(WORD, new Arg.ValueOf(ENVP), Long.BYTES),
                Memory.copy(AT, ENVP, Long.BYTES),
                Loop.of(
                        VARIABLE_LOOP,
                        Memory.copy(WORD, new Arg.ValueOf(AT), Long.BYTES),
                        Branch.when(Memory.compare(WORD, 0, Long.BYTES), Sign.ZERO, Jump.leave(VARIABLES_LOOP)),
                        Branch.when(
                                Memory.same(new Arg.ValueOf(WORD), text(OWN_PREFIX), OWN_PREFIX.length()),
                                Sign.ZERO,
                                own
                                        ? Branch.when(
                                                Memory.same(
                                                        new Arg.ValueOf(WORD),
                                                        text(OWN_VARIABLE),
                                                        OWN_VARIABLE.length()),
                                                Sign.POSITIVE,
                                                changed())
                                        : changed()),
                        Memory.add(AT, Long.BYTES),
                        Jump.again(VARIABLE_LOOP)));
    }

    /** Checks that variables of the caller are unchanged; null for an unset one. */
    static void variables(Map<String, @Nullable String> variables, List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "look at the environment", Place.DEFAULT);
        for (Map.Entry<String, @Nullable String> entry : variables.entrySet()) {
            Loop.Label loop = new Loop.Label("variable-" + entry.getKey());
            String prefix = entry.getKey() + "=";
            String value = entry.getValue();
            Statement found = value == null
                    ? changed()
                    : Branch.when(
                            Memory.same(
                                    new Arg.ValueOf(WORD),
                                    text(prefix + value),
                                    RawText.encode(prefix + value).length + 1),
                            Sign.POSITIVE,
                            changed());
            step.add(Memory.copy(AT, ENVP, Long.BYTES));
            step.add(Memory.set(COUNT, number(0)));
            step.add(Loop.of(
                    loop,
                    Memory.copy(WORD, new Arg.ValueOf(AT), Long.BYTES),
                    Branch.when(Memory.compare(WORD, 0, Long.BYTES), Sign.ZERO, Jump.leave(loop)),
                    Branch.when(
                            Memory.same(new Arg.ValueOf(WORD), text(prefix), prefix.length()),
                            Sign.ZERO,
                            found,
                            Memory.add(COUNT, 1)),
                    Memory.add(AT, Long.BYTES),
                    Jump.again(loop)));
            if (value != null) {
                step.add(Branch.when(Memory.compare(COUNT, 0, Long.BYTES), Sign.ZERO, changed()));
            }
        }
        steps.add(step.build());
    }

    /**
     * Executes the words that were handed on, searched for as execvp(3) does.
     *
     * @param given the names of variables that come before them, in their order; each has an entry in the environment
     */
    static Step.Draft search(Step.Draft step, List<String> environment, List<String> given) {
        Arg variables = new DataArg.Texts(environment);
        Arg words = new Arg.ValueOf(WORDS);
        step.add(mapPath()).add(Memory.copy(WORDS, STACK, Long.BYTES), Memory.add(WORDS, HANDED_ON));
        for (String name : given) {
            step.add(
                    address(SLOT, variables),
                    Memory.add(SLOT, (long) Environment.index(environment, name) * Long.BYTES),
                    Memory.copy(WORD, new Arg.ValueOf(WORDS), Long.BYTES),
                    Memory.copy(new Arg.ValueOf(SLOT), WORD, Long.BYTES),
                    Memory.add(WORDS, Long.BYTES));
        }
        step.add(
                Memory.copy(WORD, new Arg.ValueOf(WORDS), Long.BYTES),
                Memory.copy(AT, WORD, Long.BYTES),
                Loop.of(
                        SLASH_LOOP,
                        Branch.when(
                                Memory.same(new Arg.ValueOf(AT), text("/"), 1),
                                Sign.ZERO,
                                Call.may(EXECVE, new Arg.ValueOf(WORD), words, variables),
                                new Fail(Fail.Reason.NOT_EXECUTED, null)),
                        Branch.when(Memory.same(new Arg.ValueOf(AT), text(""), 1), Sign.ZERO, Jump.leave(SLASH_LOOP)),
                        Memory.add(AT, 1),
                        Jump.again(SLASH_LOOP)));
        for (String folder : Environment.folders(environment)) {
            String prefix = folder + "/";
            step.add(
                    Memory.text(path(0), text(prefix)),
                    Memory.text(path(RawText.encode(prefix).length), new Arg.ValueOf(WORD)),
                    Call.may(EXECVE, path(0), words, variables));
        }
        return step.add(new Fail(Fail.Reason.NOT_EXECUTED, null));
    }

    /** Maps memory for building paths. */
    static Call mapPath() {
        return Call.must(
                MMAP,
                path(0),
                number(PATH_SIZE),
                flags(PROT_READ, PROT_WRITE),
                flags(MAP_PRIVATE, MAP_ANONYMOUS, MAP_FIXED_NOREPLACE),
                number(-1),
                number(0));
    }

    /** That memory, from an offset on. */
    static Arg path(int offset) {
        return new Arg.Address(PATH_ADDRESS + offset);
    }

    /** Loads a cell's address. */
    static Memory address(Arg.Cell to, Arg of) {
        return Memory.copy(to, struct(Arg.Field.of("address", of)), Long.BYTES);
    }
}
