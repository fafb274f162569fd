package io.jbox.compile;

import static io.jbox.uapi.Flag.*;

import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.plan.CompiledSteps;
import io.jbox.plan.Words;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Fail;
import io.jbox.program.Step;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes a compiled program give up if anything is not as expected: it undoes what it has made, and executes jbox with
 * the words that it was called with. jbox then starts over, and reports what is wrong.
 */
final class Deoptimisation implements Failures {
    private static final int FAILED = 125;

    private final UndoChain chain;

    /** @param last address of the op to continue with when everything is undone */
    Deoptimisation(long last) {
        this.chain = new UndoChain(last);
    }

    /**
     * Adds the ops that execute jbox with the caller's signal mask and descriptors.
     *
     * @param launcher path of jbox
     * @param environment for jbox
     * @return the address of the first one
     */
    static long becomeJbox(Program program, ArgumentWriter arguments, String launcher, Arg.Cell environment) {
        long first = program.next();
        // Undoes the change of user for the clone of a box's first process; only root has compiled programs.
        program.op(Syscall.SETRESUID, -1, 0, -1);
        // A process that reads its pipe may have ended: SIGPIPE must not end this one as well.
        arguments.op(
                Syscall.RT_SIGTIMEDWAIT,
                List.of(
                        new DataArg.Signals(List.of(SIGPIPE), false),
                        Arg.nothing(),
                        Arg.struct(Arg.Field.zero(2 * Long.BYTES)),
                        Arg.number(Long.BYTES)));
        program.op(Syscall.RT_SIGPROCMASK, Constants.SIG_SETMASK, arguments.address(CompiledSteps.MASK), 0, Long.BYTES);
        arguments.op(
                Syscall.EXECVE, List.of(Arg.text(launcher), new Arg.ValueOf(Words.ARGV), new Arg.ValueOf(environment)));
        program.op(Syscall.EXIT_GROUP, FAILED).next(0);
        return first;
    }

    @Override
    public void undo(long first, @Nullable Op guard, Op last) {
        chain.add(first, guard, last);
    }

    @Override
    public void connect(Op op, Step step, Call call, boolean inChild) {
        if (inChild) {
            return;
        }
        long front = chain.front();
        switch (call.outcome()) {
            case MUST_SUCCEED -> op.onNegative(front);
            case MUST_BE_POSITIVE -> op.onNegative(front).onZero(front);
            case MUST_BE_ZERO -> op.onNegative(front).onPositive(front);
            case SAY_FAILURE, ELSE_SKIP_STEP, MAY_FAIL -> {}
        }
    }

    @Override
    public void connect(Op op, Step step, Fail fail, boolean inChild) {
        op.next(chain.front());
    }

    /** Treats a result other than the expected one as a failure. */
    void unless(Op comparison) {
        comparison.onPositive(chain.front());
    }
}
