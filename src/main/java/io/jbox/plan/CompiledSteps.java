package io.jbox.plan;

import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.KnownWord;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.List;

/** The first steps of all compiled programs. */
public final class CompiledSteps {
    /** The caller's signal mask, which jbox gets back if the program gives up. */
    public static final Arg.Cell MASK = new Arg.Cell("callers-mask", 8);
    /** The lowest number of the program's own descriptors. */
    public static final int FIRST_DESCRIPTOR = 64;

    /** The signals to block: all except those for a terminal in the background and a file that is too large. */
    static final Arg BLOCKED = new DataArg.Signals(List.of(SIGTTIN, SIGTTOU, SIGXFSZ), true);

    private static final Loop.Label FILL_LOOP = new Loop.Label("fill");
    private static final Arg.Cell FILLED = new Arg.Cell("filled", 8);
    private static final int LOWEST = 3;
    private static final int SIGACTION = 32;
    private static final Arg.Cell ACTION = new Arg.Cell("signal-action", SIGACTION);
    /**
     * ILL, BUS, FPE, SEGV, PIPE, STKFLT, XFSZ and the C library's second own: commands never ignore them, since a JVM
     * catches them. If CHLD is ignored, the kernel does not report the end of a child.
     */
    private static final List<Integer> OWN = List.of(4, 7, 8, 11, 13, 16, 17, 25, 33);

    private CompiledSteps() {}

    /**
     * Checks words and descriptors. Signals are blocked if the program waits for them; otherwise they end the program,
     * as they would end jbox.
     *
     * @param fixed the arguments that must be there
     * @param follows what is behind them
     */
    static void begin(List<KnownWord> fixed, Words.Follows follows, boolean waits, List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "look at the words", Place.DEFAULT);
        Words.find().forEach(step::add);
        if (waits) {
            step.call(RT_SIGPROCMASK, flags(SIG_SETMASK), BLOCKED, MASK, number(8));
        } else {
            step.call(RT_SIGPROCMASK, flags(SIG_BLOCK), Arg.nothing(), MASK, number(8));
        }
        step.add(GETEUID, Call.Outcome.MUST_BE_ZERO, null).add(Scratch.map());
        // The caller's descriptors stay open: they may hold locks, and jbox needs them if the program gives up.
        // Free numbers are filled, so that the numbers of the program's own descriptors are known.
        step.add(Loop.of(
                FILL_LOOP,
                Branch.when(
                        Call.may(FCNTL, number(0), flags(F_DUPFD_CLOEXEC), number(LOWEST))
                                .into(FILLED),
                        Sign.NEGATIVE,
                        Words.changed()),
                Branch.when(
                        Memory.compare(FILLED, FIRST_DESCRIPTOR - 1, Integer.BYTES), Sign.ZERO, Jump.leave(FILL_LOOP)),
                Jump.again(FILL_LOOP)));
        Words.check(fixed, follows).forEach(step::add);
        steps.add(step.build());
    }

    /** Keeps the signals ignored that the caller ignores, except for a few. */
    static void signals(List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "look at the signals", Place.DEFAULT);
        Arg byDefault = struct(new Arg.Field("sa_handler", SIGACTION, number(0)));
        for (int signal : OWN) {
            step.add(Call.may(RT_SIGACTION, number(signal), byDefault, Arg.nothing(), number(8)));
        }
        steps.add(step.build());
    }

    /** Runs some statements if a signal is ignored. */
    static Statement ifIgnored(Arg signal, Statement then) {
        return Branch.when(
                Call.may(RT_SIGACTION, signal, Arg.nothing(), ACTION, number(8)),
                Sign.ZERO,
                Branch.when(Memory.compare(ACTION, flags(SIG_IGN), 8), Sign.ZERO, then));
    }

    /** Reads which process the child has made, and opens a pidfd of it. A child that ended earlier has sent nothing. */
    static void hear(Plan plan, List<Step> steps) {
        steps.addAll(plan.steps(Phase.HEAR));
        steps.add(Step.by(Actor.JBOX, "look whether there is one", Place.DEFAULT)
                .add(ValiditySteps.differs(Descriptors.HEARD, 8))
                .build());
        steps.addAll(plan.steps(Phase.HOLD));
    }
}
