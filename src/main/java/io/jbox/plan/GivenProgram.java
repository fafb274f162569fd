package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Syscall.*;

import io.jbox.problem.RawText;
import io.jbox.program.Action;
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

/**
 * Executes a program with the words and environment that a compiled tool was called with. It is searched for as
 * execvp(3) does, in the folders of a PATH that was checked before.
 */
final class GivenProgram {
    private static final Loop.Label PROGRAM_LOOP = new Loop.Label("program");
    private static final int STANDARD_ERROR = 2;
    private static final int LONGEST = 0x2_0000;

    private static final Arg.Cell NAME = new Arg.Cell("program", 8);
    private static final Arg.Cell AT = new Arg.Cell("program-at", 8);
    private static final Arg.Cell HAS_SLASH = new Arg.Cell("program-slash", 8);
    private static final Arg.Cell BEFORE = new Arg.Cell("program-before", 8);
    private static final Arg.Cell PATH = new Arg.Cell("program-path", 8);
    private static final Arg.Cell FOUND = new Arg.Cell("program-found", 8);
    private static final Arg.Cell LENGTH = new Arg.Cell("program-length", 8);

    private final String tool;
    private final int code;
    private final List<String> folders;

    /**
     * @param tool for errors
     * @param code if there is no such program, or it cannot be executed
     * @param path the value of PATH
     */
    GivenProgram(String tool, int code, String path) {
        this.tool = tool;
        this.code = code;
        this.folders = List.of(path.split(":", -1));
    }

    /** Gives up if there is no such program, so that jbox reports it before anything has changed. Needs the words. */
    List<Statement> look() {
        List<Statement> all = prepare();
        Action isThere = Call.may(FACCESSAT, cwd(), new Arg.ValueOf(PATH), new Arg.Named("X_OK", 1));
        all.addAll(each(Branch.when(isThere, Sign.ZERO, Memory.set(FOUND, number(1)))));
        all.add(Branch.when(Memory.compare(FOUND, 0, Long.BYTES), Sign.ZERO, Words.changed()));
        return all;
    }

    /** Checks only its name, since the program may be visible only from inside. Needs the words. */
    List<Statement> prepare() {
        return new ArrayList<>(List.of(
                Words.mapPath(),
                Memory.copy(NAME, new Arg.ValueOf(Words.WORDS), Long.BYTES),
                Memory.copy(BEFORE, Words.WORDS, Long.BYTES),
                Memory.add(BEFORE, -Long.BYTES),
                Memory.copy(AT, NAME, Long.BYTES),
                Loop.of(
                        PROGRAM_LOOP,
                        Branch.when(
                                Memory.same(new Arg.ValueOf(AT), text("/"), 1),
                                Sign.ZERO,
                                Memory.set(HAS_SLASH, number(1)),
                                Jump.leave(PROGRAM_LOOP)),
                        Branch.when(Memory.same(new Arg.ValueOf(AT), text(""), 1), Sign.ZERO, Jump.leave(PROGRAM_LOOP)),
                        Memory.add(AT, 1),
                        Memory.add(LENGTH, 1),
                        Branch.when(Memory.compare(LENGTH, LONGEST, Long.BYTES), Sign.ZERO, Words.changed()),
                        Jump.again(PROGRAM_LOOP)),
                Branch.when(Memory.same(new Arg.ValueOf(NAME), text(""), 1), Sign.ZERO, Words.changed())));
    }

    /** Executes it, in the process that has the memory by then. */
    Step execute() {
        Arg words = new Arg.ValueOf(Words.WORDS);
        Arg environment = new Arg.ValueOf(Words.CALLERS_ENVP);
        // The words before the program are no longer needed: their place is used for the shell.
        Statement[] byShell = {
            Memory.copy(new Arg.ValueOf(BEFORE), pointer(ToolSteps.SHELL), Long.BYTES),
            Memory.copy(words, PATH, Long.BYTES),
            Call.may(EXECVE, text(ToolSteps.SHELL), new Arg.ValueOf(BEFORE), environment)
                    .into(ToolSteps.RESULT),
            Memory.copy(words, NAME, Long.BYTES),
        };
        Step.Draft step = ToolSteps.step("").code(code).add(ToolSteps.noReason());
        each(
                        Call.may(EXECVE, new Arg.ValueOf(PATH), words, environment)
                                .into(ToolSteps.RESULT),
                        ToolSteps.ifUnknownFormat(byShell),
                        ToolSteps.remember())
                .forEach(step::add);
        for (Arg part : new Arg[] {text("jbox: " + tool + ": execute \""), new Arg.ValueOf(NAME), text("\": ")}) {
            step.add(Memory.text(Words.path(0), part).into(LENGTH));
            step.add(Call.may(WRITE, number(STANDARD_ERROR), Words.path(0), new Arg.ValueOf(LENGTH)));
        }
        return step.add(new Fail(Fail.Reason.NOT_EXECUTED, ToolSteps.REASON)).build();
    }

    private static Arg pointer(String text) {
        return Arg.struct(Arg.Field.of("text", new Arg.Pointer(new Arg.Text(text))));
    }

    /** Does something with each candidate file; its path is in a cell. */
    private List<Statement> each(Statement... does) {
        List<Statement> all = new ArrayList<>();
        List<Statement> itself = new ArrayList<>(List.of(Memory.copy(PATH, NAME, Long.BYTES)));
        itself.addAll(List.of(does));
        all.add(new Branch(Memory.compare(HAS_SLASH, 1, Long.BYTES), Sign.ZERO, List.copyOf(itself)));
        List<Statement> searched = new ArrayList<>();
        for (String folder : folders) {
            String prefix = (folder.isEmpty() ? "." : folder) + "/";
            searched.add(Memory.text(Words.path(0), text(prefix)));
            searched.add(Memory.text(Words.path(RawText.encode(prefix).length), new Arg.ValueOf(NAME)));
            searched.add(Memory.set(PATH, number(Words.PATH_ADDRESS)));
            searched.addAll(List.of(does));
        }
        all.add(new Branch(Memory.compare(HAS_SLASH, 0, Long.BYTES), Sign.ZERO, List.copyOf(searched)));
        return all;
    }
}
