package io.jbox.plan;

import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;

import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
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

    private static final int SIGACTION = 32;
    private static final Arg.Cell ACTION = new Arg.Cell("signal-action", SIGACTION);
    /**
     * ILL, BUS, FPE, SEGV, PIPE, STKFLT, XFSZ and the C library's second own: commands never ignore them, for a JVM catches
     * them. Where CHLD is ignored, the end of a child is told to nobody.
     */
    private static final List<Integer> OWN = List.of(4, 7, 8, 11, 13, 16, 17, 25, 33);

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

    /** Lets all signals be that the caller ignores, but for a few. */
    static void signals(List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "look at the signals", Place.DEFAULT);
        Arg byDefault = struct(new Arg.Field("sa_handler", SIGACTION, number(0)));
        for (int signal : OWN) {
            step.add(Call.may("rt_sigaction", number(signal), byDefault, Arg.nothing(), number(8)));
        }
        steps.add(step.build());
    }

    /** Runs some statements if a signal is ignored. */
    static Statement ifIgnored(Arg signal, Statement then) {
        return Branch.when(
                Call.may("rt_sigaction", signal, Arg.nothing(), ACTION, number(8)),
                Sign.ZERO,
                Branch.when(Memory.compare(ACTION, flags("SIG_IGN"), 8), Sign.ZERO, then));
    }
}
