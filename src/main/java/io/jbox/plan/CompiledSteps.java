package io.jbox.plan;

import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;

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
import java.util.List;

/** What all compiled programs begin with. */
public final class CompiledSteps {
    /** The caller's signal mask, which jbox is to have where the program gives up. */
    public static final Arg.Cell MASK = new Arg.Cell("callers-mask", 8);
    /** What is about a terminal in the background, and a file that is too large, stays as it is. */
    private static final Arg BLOCKED = new Arg.Signals(List.of("TTIN", "TTOU", "XFSZ"), true);

    private static final int LAST_SIGNAL = 64;

    private static final int SIGACTION = 32;
    private static final Arg.Cell ACTION = new Arg.Cell("signal-action", SIGACTION);
    private static final Arg.Cell SIGNAL = new Arg.Cell("looked-at-signal", 8);
    /** ILL, BUS, FPE, SEGV, PIPE, STKFLT, XFSZ: a JVM has handlers of its own, so commands never ignore them. */
    private static final List<Integer> OWN = List.of(4, 7, 8, 11, 13, 16, 25);

    private CompiledSteps() {}

    /**
     * @param fixed the arguments that must be there
     * @param command whether the words of a command follow
     */
    static void begin(List<String> fixed, boolean command, List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "look at the words", Place.DEFAULT)
                .call("rt_sigprocmask", flags("SIG_SETMASK"), BLOCKED, MASK, number(8))
                .call("close_range", number(3), number(-1), number(0))
                .add("geteuid", Call.Outcome.MUST_BE_ZERO, null)
                .add(Scratch.map());
        for (Statement statement : Words.take(fixed, command)) {
            step.add(statement);
        }
        steps.add(step.build());
    }

    /**
     * Leaves the work to jbox where the caller ignores signals: the command is to ignore them as well, and does not get
     * them.
     */
    static void noneIgnored(List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "look whether signals are ignored", Place.DEFAULT);
        Arg byDefault = struct(new Arg.Field("sa_handler", SIGACTION, number(0)));
        for (int signal : OWN) {
            step.add(Call.may("rt_sigaction", number(signal), byDefault, Arg.nothing(), number(8)));
        }
        step.add(
                Memory.set(SIGNAL, number(1)),
                Loop.of(
                        "signals",
                        Call.must("rt_sigaction", new Arg.ValueOf(SIGNAL), Arg.nothing(), ACTION, number(8)),
                        Branch.when(Memory.compare(ACTION, flags("SIG_IGN"), 8), Sign.ZERO, Words.changed()),
                        Branch.when(Memory.compare(SIGNAL, LAST_SIGNAL, 8), Sign.ZERO, Jump.leave("signals")),
                        Memory.add(SIGNAL, 1),
                        Jump.again("signals")));
        steps.add(step.build());
    }
}
