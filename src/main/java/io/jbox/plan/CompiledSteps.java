package io.jbox.plan;

import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;

import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.List;

/** What all compiled programs begin with. */
public final class CompiledSteps {
    /** The caller's signal mask, which jbox is to have where the program gives up. */
    public static final Arg.Cell MASK = new Arg.Cell("callers-mask", 8);
    /** What is about a terminal in the background, and a file that is too large, stays as it is. */
    private static final Arg BLOCKED = new Arg.Signals(List.of("TTIN", "TTOU", "XFSZ"), true);

    /** Nobody ignores one of real time. */
    private static final int LAST_SIGNAL = 31;

    private static final int SIGACTION = 32;
    /** KILL, STOP, TTIN, TTOU, XFSZ: not waited for. Where CHLD is ignored, the end of a child is told to nobody. */
    private static final List<Integer> OTHERS = List.of(9, 19, 21, 22, 25);

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

    /** Lets signals be waited for that the caller ignores. */
    static void catchSignals(List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "take signals", Place.DEFAULT);
        Arg byDefault = struct(new Arg.Field("sa_handler", SIGACTION, number(0)));
        for (int signal = 1; signal <= LAST_SIGNAL; signal++) {
            if (!OTHERS.contains(signal)) {
                step.add(Call.may("rt_sigaction", number(signal), byDefault, Arg.nothing(), number(8)));
            }
        }
        steps.add(step.build());
    }
}
