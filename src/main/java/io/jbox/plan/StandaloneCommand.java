package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.Environment;
import io.jbox.problem.JboxException;
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
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.List;

/**
 * The command of a stand-alone program. Its words are passed as PID 1's environment, and the terminal's type as PID 1's
 * second word.
 */
final class StandaloneCommand {
    private static final Loop.Label PRINTABLE_LOOP = new Loop.Label("printable");
    private static final Loop.Label SEARCH_LOOP = new Loop.Label("search");
    private static final Loop.Label SLASH_LOOP = new Loop.Label("slash");
    /** From the stack pointer to PID 1's second word, and to its environment, in bytes. */
    private static final int TERM_AT = 2 * Long.BYTES;

    private static final int WORDS_AT = 4 * Long.BYTES;
    private static final Arg.Cell NAME = new Arg.Cell("command-name", 8);
    private static final Arg.Cell AT = new Arg.Cell("command-at", 8);
    private static final Arg.Cell TERM = new Arg.Cell("command-term", 8);
    private static final Arg.Cell LENGTH = new Arg.Cell("command-length", 8);

    private static final Arg.Cell OCTET = new Arg.Cell("command-octet", 8);
    private static final Arg.Cell END = new Arg.Cell("command-end", 8);
    private static final int DELETE = 0x7f;
    /** How much of a name is shown, in bytes. */
    private static final int MOST_SHOWN = 4096;

    private final String box;
    private final List<String> environment;
    private final Arg.Cell variables;

    /** @param environment without a terminal */
    StandaloneCommand(String box, List<String> environment) {
        this.box = box;
        this.environment = List.copyOf(environment);
        this.variables = new Arg.Cell("command-variables", (environment.size() + 2) * Long.BYTES);
    }

    /** Makes the first process pass the terminal's type on. */
    static List<Step> givingTerm(List<Step> init) {
        List<Step> steps = new ArrayList<>();
        for (Step step : init) {
            steps.add(step.with(new Step.Change() {
                @Override
                public List<Call> of(Call call) {
                    return List.of(call.syscall() == EXECVEAT ? givingTerm(call) : call);
                }
            }));
        }
        return steps;
    }

    private static Call givingTerm(Call call) {
        List<Arg> arguments = new ArrayList<>(call.arguments());
        arguments.set(
                2,
                struct(
                        Arg.Field.of("name", new Arg.Pointer(new Arg.Text("jbox-init"))),
                        Arg.Field.of("term", new Arg.ValueOf(StandaloneWords.TERM)),
                        Arg.Field.zero(Long.BYTES)));
        return new Call(call.syscall(), arguments, call.outcome(), call.result(), call.into());
    }

    /** Executes it, searched for as execvp(3) does. */
    Step execute() {
        Step.Draft step = Step.by(Actor.COMMAND, "", Place.DEFAULT)
                .code(JboxException.CANNOT_EXECUTE)
                .call(SETSID)
                .tolerate(IOCTL, number(0), flags(TIOCSCTTY), number(0))
                .call(RT_SIGPROCMASK, flags(SIG_SETMASK), DataArg.Signals.NONE, Arg.nothing(), number(8))
                .call(CLOSE_RANGE, number(3), number(-1), flags(CLOSE_RANGE_CLOEXEC))
                .add(Words.mapPath());
        words().forEach(step::add);
        step.add(ToolSteps.noReason());
        search().forEach(step::add);
        say(text("jbox: " + box + ": execute \"")).forEach(step::add);
        printable().forEach(step::add);
        step.add(Call.may(WRITE, fd(Descriptors.EXEC), Words.path(0), new Arg.ValueOf(LENGTH)));
        say(text("\": ")).forEach(step::add);
        return step.add(new Fail(Fail.Reason.NOT_EXECUTED, ToolSteps.REASON))
                .hint(EXECVE, Errno.ENOENT, "the box has no such program, or lacks its interpreter or libraries")
                .build();
    }

    private static List<Statement> say(Arg text) {
        return List.of(
                Memory.text(Words.path(0), text).into(LENGTH),
                Call.may(WRITE, fd(Descriptors.EXEC), Words.path(0), new Arg.ValueOf(LENGTH)));
    }

    /** Copies the beginning of the name, with a question mark for each control character. */
    private static List<Statement> printable() {
        byte[] shown = new byte[256];
        for (int i = 0; i < shown.length; i++) {
            shown[i] = (byte) (i < ' ' || i == DELETE ? '?' : i);
        }
        List<Statement> body = new ArrayList<>(List.of(
                Memory.set(OCTET, number(0)),
                Memory.copy(OCTET, new Arg.ValueOf(AT), 1),
                Branch.when(Memory.compare(OCTET, 0, 1), Sign.ZERO, Jump.leave(PRINTABLE_LOOP))));
        body.addAll(Lookup.replace(OCTET, shown));
        body.addAll(List.of(
                Memory.copy(new Arg.ValueOf(END), OCTET, 1),
                Memory.add(AT, 1),
                Memory.add(END, 1),
                Memory.add(LENGTH, 1),
                Branch.when(Memory.compare(LENGTH, MOST_SHOWN, Long.BYTES), Sign.ZERO, Jump.leave(PRINTABLE_LOOP)),
                Jump.again(PRINTABLE_LOOP)));
        return List.of(
                Memory.copy(AT, NAME, Long.BYTES),
                Memory.set(END, Words.path(0)),
                Memory.set(LENGTH, number(0)),
                new Loop(PRINTABLE_LOOP, List.copyOf(body)));
    }

    private List<Statement> words() {
        List<Statement> all = new ArrayList<>(List.of(
                Memory.copy(AT, Words.STACK, Long.BYTES),
                Memory.add(AT, TERM_AT),
                Memory.copy(TERM, new Arg.ValueOf(AT), Long.BYTES),
                Memory.copy(Words.WORDS, Words.STACK, Long.BYTES),
                Memory.add(Words.WORDS, WORDS_AT),
                Memory.copy(NAME, new Arg.ValueOf(Words.WORDS), Long.BYTES)));
        List<Arg.Field> fields = new ArrayList<>();
        for (String variable : environment) {
            fields.add(Arg.Field.of("", new Arg.Pointer(new Arg.Text(variable))));
        }
        fields.add(Arg.Field.zero(2 * Long.BYTES));
        all.add(Memory.copy(variables, new Arg.Struct(fields), variables.bytes()));
        if (Environment.find(environment, "TERM") == null) {
            // Last, where there was none: standard input is a terminal, or there is none at all.
            Arg last = new Arg.Part(variables, environment.size() * Long.BYTES);
            Arg.Cell size = new Arg.Cell("command-window", 8);
            all.add(Branch.when(
                    Call.may(IOCTL, number(0), flags(TIOCGWINSZ), size),
                    Sign.ZERO,
                    Memory.copy(last, TERM, Long.BYTES),
                    Branch.when(
                            Memory.same(new Arg.ValueOf(TERM), text(""), 1),
                            Sign.ZERO,
                            Memory.copy(
                                    last,
                                    struct(Arg.Field.of("term", new Arg.Pointer(new Arg.Text("TERM=linux")))),
                                    Long.BYTES))));
        }
        return all;
    }

    private List<Statement> search() {
        List<Statement> all = new ArrayList<>();
        Arg words = new Arg.ValueOf(Words.WORDS);
        all.add(Memory.copy(AT, NAME, Long.BYTES));
        List<Statement> itself = new ArrayList<>(execute(new Arg.ValueOf(NAME), words));
        itself.add(Jump.leave(SEARCH_LOOP));
        List<Statement> search = new ArrayList<>();
        search.add(Loop.of(
                SLASH_LOOP,
                new Branch(Memory.same(new Arg.ValueOf(AT), text("/"), 1), Sign.ZERO, List.copyOf(itself)),
                Branch.when(Memory.same(new Arg.ValueOf(AT), text(""), 1), Sign.ZERO, Jump.leave(SLASH_LOOP)),
                Memory.add(AT, 1),
                Jump.again(SLASH_LOOP)));
        // No program has an empty name.
        search.add(Branch.when(Memory.same(new Arg.ValueOf(NAME), text(""), 1), Sign.ZERO, Jump.leave(SEARCH_LOOP)));
        for (String folder : Environment.folders(environment)) {
            String prefix = folder + "/";
            search.add(Memory.text(Words.path(0), text(prefix)));
            search.add(Memory.text(Words.path(RawText.encode(prefix).length), new Arg.ValueOf(NAME)));
            search.addAll(execute(Words.path(0), words));
        }
        search.add(Jump.leave(SEARCH_LOOP));
        all.add(new Loop(SEARCH_LOOP, List.copyOf(search)));
        return all;
    }

    private List<Statement> execute(Arg file, Arg words) {
        return List.of(Call.may(EXECVE, file, words, variables).into(ToolSteps.RESULT), ToolSteps.remember());
    }
}
