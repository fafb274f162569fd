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
import java.util.ArrayList;
import java.util.List;

/** What all compiled programs begin with. */
public final class CompiledSteps {
    /** The caller's signal mask, which jbox is to have where the program gives up. */
    public static final Arg.Cell MASK = new Arg.Cell("callers-mask", 8);
    /** The first number that the program's own descriptors have. */
    public static final int FIRST_DESCRIPTOR = 64;

    /** The signals that are waited for: those that the caller does not ignore. */
    static final Arg.Cell WAITED = new Arg.Cell("waited-signals", 8);
    /** Those of them that end a command. */
    static final Arg.Cell ENDING = new Arg.Cell("ending-signals", 8);

    /** What is about a terminal in the background, and a file that is too large, stays as it is. */
    private static final Arg BLOCKED = new Arg.Signals(List.of("TTIN", "TTOU", "XFSZ"), true);

    private static final List<Integer> ENDING_NUMBERS = List.of(1, 2, 3, 15);
    /** Nobody ignores one of real time. */
    private static final int LAST_SIGNAL = 31;
    /** KILL, STOP, TTIN, TTOU: not waited for. */
    private static final List<Integer> OTHERS = List.of(9, 19, 21, 22);
    /** PIPE, CHLD, XFSZ. Where CHLD is ignored, the end of a child is told to nobody. */
    private static final List<Integer> BY_DEFAULT = List.of(13, 17, 25);

    private static final int SIGCHLD = 17;
    private static final int SIG_IGN = 1;
    private static final int SIGACTION = 32;
    private static final Arg.Cell ACTION = new Arg.Cell("old-action", SIGACTION);
    private static final Arg.Cell FILLED = new Arg.Cell("filled", 8);
    private static final int LOWEST = 3;

    private CompiledSteps() {}

    /**
     * Looks at words and descriptors. Where signals are to be waited for they are blocked; else they end the program, as they
     * would end jbox.
     *
     * @param fixed the arguments that must be there
     * @param command whether the words of a command follow
     */
    static void begin(List<String> fixed, boolean command, boolean waits, List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "look at the words", Place.DEFAULT);
        Words.find().forEach(step::add);
        if (waits) {
            step.call("rt_sigprocmask", flags("SIG_SETMASK"), BLOCKED, MASK, number(8));
        } else {
            step.call("rt_sigprocmask", flags("SIG_BLOCK"), Arg.nothing(), MASK, number(8));
        }
        step.add("geteuid", Call.Outcome.MUST_BE_ZERO, null).add(Scratch.map());
        // What the caller has open stays open: it may hold locks, and jbox is to have it where the program gives up.
        // The
        // numbers that are free are filled, so that those of the program's own descriptors are known.
        step.add(Loop.of(
                "fill",
                Branch.when(
                        Call.may("fcntl", number(0), flags("F_DUPFD_CLOEXEC"), number(LOWEST))
                                .into(FILLED),
                        Sign.NEGATIVE,
                        Words.changed()),
                Branch.when(Memory.compare(FILLED, FIRST_DESCRIPTOR - 1, Integer.BYTES), Sign.ZERO, Jump.leave("fill")),
                Jump.again("fill")));
        Words.check(fixed, command).forEach(step::add);
        steps.add(step.build());
    }

    /** Finds out which signals to wait for; what the caller ignores, the command ignores too. */
    static void catchSignals(List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "look which signals are ignored", Place.DEFAULT);
        long waited = -1;
        long ending = 0;
        List<Statement> ignored = new ArrayList<>();
        Arg byDefault = struct(new Arg.Field("sa_handler", SIGACTION, number(0)));
        for (int signal = 1; signal <= LAST_SIGNAL; signal++) {
            long bit = 1L << signal - 1;
            if (BY_DEFAULT.contains(signal)) {
                step.add(Call.may("rt_sigaction", number(signal), byDefault, Arg.nothing(), number(8)));
            }
            if (OTHERS.contains(signal) || BY_DEFAULT.contains(signal) && signal != SIGCHLD) {
                waited &= ~bit;
            } else if (signal != SIGCHLD) {
                List<Statement> without = new ArrayList<>(List.of(Memory.add(WAITED, -bit)));
                if (ENDING_NUMBERS.contains(signal)) {
                    ending |= bit;
                    without.add(Memory.add(ENDING, -bit));
                }
                ignored.add(Call.may("rt_sigaction", number(signal), Arg.nothing(), ACTION, number(8)));
                ignored.add(new Branch(Memory.compare(ACTION, SIG_IGN, Long.BYTES), Sign.ZERO, List.copyOf(without)));
            }
        }
        step.add(Memory.set(WAITED, number(waited)), Memory.set(ENDING, number(ending)));
        ignored.forEach(step::add);
        steps.add(step.build());
    }
}
