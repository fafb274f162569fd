package io.jbox.plan;

import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.RawText;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Fail;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/** The words with which a stand-alone program is called, and its output to the caller. */
final class StandaloneWords {
    /** Whether the plan is to be shown. */
    static final Arg.Cell SHOWS_PLAN = new Arg.Cell("shows-plan", 8);
    /** The address of the caller's TERM variable, or of an empty text if it is unset. */
    static final Arg.Cell TERM = new Arg.Cell("term", 8);

    private static final Loop.Label OPTIONS_LOOP = new Loop.Label("options");
    private static final Loop.Label TERM_LOOP = new Loop.Label("term");
    private static final Arg.Cell WORD = new Arg.Cell("word", 8);
    private static final Arg.Cell AT = new Arg.Cell("word-at", 8);
    private static final Arg.Cell CODE = new Arg.Cell("refusal-code", 8);
    private static final int STANDARD_OUTPUT = 1;
    private static final int STANDARD_ERROR = 2;
    private static final String USAGE = "[--plan | --version | --help] [--] COMMAND [ARGUMENT...]\n"
            + "runs a command in a new box; needs root, and the box's root file system\n";

    private StandaloneWords() {}

    /** Takes options, and finds the words of the command. */
    static Step take(String box, String version) {
        Step.Draft step = Step.by(Actor.JBOX, "look at the words", Place.DEFAULT);
        Words.find().forEach(step::add);
        step.add(Memory.copy(Words.WORDS, Words.ARGV, Long.BYTES));
        next(step);
        step.add(ifWord("--version", print(version)));
        step.add(ifWord("--help", print("usage: FILE " + USAGE)));
        step.add(ifWord("--plan", Memory.set(SHOWS_PLAN, number(1))));
        step.add(Branch.when(
                Memory.compare(SHOWS_PLAN, 0, Long.BYTES),
                Sign.ZERO,
                command(box).toArray(new Statement[0])));
        return step.build();
    }

    private static List<Statement> command(String box) {
        Arg word = new Arg.ValueOf(WORD);
        List<Statement> all = new ArrayList<>();
        List<Statement> dashes = new ArrayList<>();
        Step.Draft next = Step.by(Actor.JBOX, "", Place.DEFAULT);
        next(next);
        dashes.addAll(next.build().body());
        dashes.add(Jump.leave(OPTIONS_LOOP));
        Statement[] usage = refuse("jbox: " + box + ": usage: FILE " + USAGE);
        all.add(Branch.when(Memory.compare(WORD, 0, Long.BYTES), Sign.ZERO, usage));
        all.add(Loop.of(
                OPTIONS_LOOP,
                new Branch(Memory.same(word, text("--"), 3), Sign.ZERO, dashes),
                Branch.when(Memory.same(word, text("-"), 1), Sign.ZERO, usage),
                Jump.leave(OPTIONS_LOOP)));
        all.add(Branch.when(Memory.compare(WORD, 0, Long.BYTES), Sign.ZERO, usage));
        all.add(Memory.copy(Words.HANDED, Words.WORDS, Long.BYTES));
        return all;
    }

    private static void next(Step.Draft step) {
        step.add(Memory.add(Words.WORDS, Long.BYTES), Memory.copy(WORD, new Arg.ValueOf(Words.WORDS), Long.BYTES));
    }

    private static Statement ifWord(String option, Statement... then) {
        return Branch.when(
                Memory.compare(WORD, 0, Long.BYTES),
                Sign.POSITIVE,
                Branch.when(Memory.same(new Arg.ValueOf(WORD), text(option), option.length() + 1), Sign.ZERO, then));
    }

    /** Writes a text to standard output, and ends. */
    static Statement[] print(String text) {
        return new Statement[] {
            write(STANDARD_OUTPUT, text), Call.may(EXIT_GROUP, number(0)),
        };
    }

    static Call write(String text) {
        return write(STANDARD_OUTPUT, text);
    }

    private static Call write(int descriptor, String text) {
        return Call.may(WRITE, number(descriptor), text(text), number(RawText.encode(text).length));
    }

    /** Prints why it gives up, undoes what it has made, and exits. */
    static Statement[] refuse(String text) {
        return new Statement[] {
            write(STANDARD_ERROR, text),
            Memory.set(CODE, number(JboxException.FAILED)),
            new Fail(Fail.Reason.SAID, CODE),
        };
    }

    /** Finds TERM, for a command on a terminal. */
    static Step findTerm() {
        String name = "TERM=";
        return Step.by(Actor.JBOX, "look at the environment", Place.DEFAULT)
                .add(
                        Words.address(TERM, new Arg.Pointer(new Arg.Text(""))),
                        Memory.copy(AT, Words.ENVP, Long.BYTES),
                        Loop.of(
                                TERM_LOOP,
                                Memory.copy(WORD, new Arg.ValueOf(AT), Long.BYTES),
                                Branch.when(Memory.compare(WORD, 0, Long.BYTES), Sign.ZERO, Jump.leave(TERM_LOOP)),
                                Branch.when(
                                        Memory.same(new Arg.ValueOf(WORD), text(name), name.length()),
                                        Sign.ZERO,
                                        Memory.copy(TERM, WORD, Long.BYTES),
                                        Jump.leave(TERM_LOOP)),
                                Memory.add(AT, Long.BYTES),
                                Jump.again(TERM_LOOP)))
                .build();
    }
}
