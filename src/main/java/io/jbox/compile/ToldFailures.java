package io.jbox.compile;

import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.SmallOp;
import io.jbox.program.Call;
import io.jbox.program.Fail;
import io.jbox.program.Step;
import io.jbox.uapi.Syscall;
import org.jspecify.annotations.Nullable;

/**
 * Makes a process of a stand-alone program print a failure as jbox would, undo what it has made, and exit. If another
 * process has died, or has already printed the failure, it only undoes.
 */
final class ToldFailures implements Failures {
    private static final String CHANGED =
            "it is not what it was when this program was made\n  hint: jbox compile -o makes another one";

    private final Program program;
    private final SpokenFailures spoken;
    private final UndoChain chain;

    ToldFailures(Program program, SpokenFailures spoken) {
        this.program = program;
        this.spoken = spoken;
        this.chain = new UndoChain(spoken.exit());
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
        switch (call.outcome()) {
            case MUST_SUCCEED -> spoken.say(op, step, call.syscall(), chain.front());
            case MUST_BE_POSITIVE -> {
                spoken.say(op, step, call.syscall(), chain.front());
                op.onZero(chain.front());
            }
            case MUST_BE_ZERO -> {
                spoken.say(op, step, call.syscall(), chain.front());
                op.onPositive(chain.front());
            }
            case ELSE_SKIP_STEP, MAY_FAIL -> {}
            case SAY_FAILURE -> throw new IllegalArgumentException(call.notation() + ": has no such form");
        }
    }

    @Override
    public void connect(Op op, Step step, Fail fail, boolean inChild) {
        if (inChild) {
            throw new IllegalArgumentException(step.subject() + ": a child without steps of its own says nothing");
        }
        switch (fail.reason()) {
            case NOT_EXECUTED -> spoken.say(op, step, Syscall.EXECVE, chain.front());
            case SAID ->
                program.op(SmallOp.COPY, spoken.exitCode(), op.resultAddress(), Long.BYTES)
                        .next(chain.front());
            case CHANGED -> sayChanged(op, step);
            case LATE, STATUS, REFUSED, IN_USE, REPORTED ->
                throw new IllegalArgumentException(step.subject() + ": has no such form");
        }
    }

    /** An op that is reached only if the step fails. */
    private void sayChanged(Op op, Step step) {
        // Only a negative result is printed.
        Op negative = program.op(SmallOp.ADD, program.words(-1), 0);
        spoken.say(negative, step, CHANGED, chain.front());
        op.next(negative.address());
    }

    /** Makes an op report the failure of a call that is not in the step's plan. */
    void connect(Op op, Step step, Syscall call) {
        spoken.say(op, step, call, chain.front());
    }
}
