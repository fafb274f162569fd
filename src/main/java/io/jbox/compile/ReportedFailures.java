package io.jbox.compile;

import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.program.Call;
import io.jbox.program.Fail;
import io.jbox.program.Step;
import io.jbox.uapi.Syscall;

/** Ends a failed process through a single op: jbox reads the results afterwards ({@link Assembler#findFailure}). */
public final class ReportedFailures implements Failures {
    private static final int DIED = 127;

    private final long die;
    private final long childDies;

    /** @param die the op that follows a failure */
    public ReportedFailures(Program program, long die) {
        this.die = die;
        this.childDies = program.op(Syscall.EXIT_GROUP, DIED).address();
    }

    @Override
    public void connect(Op op, Step step, Call call, boolean inChild) {
        long end = inChild ? childDies : die;
        switch (call.outcome()) {
            case MUST_SUCCEED, UNTIL_UNIQUE -> op.onNegative(end);
            case MUST_BE_POSITIVE -> op.onNegative(end).onZero(end);
            case MUST_BE_ZERO -> op.onNegative(end).onPositive(end);
            case SAY_FAILURE -> throw new IllegalArgumentException(call.notation() + ": nothing can report it");
            case ELSE_SKIP_STEP, MAY_FAIL -> {}
        }
    }

    @Override
    public void connect(Op op, Step step, Fail fail, boolean inChild) {
        op.next(inChild ? childDies : die);
    }
}
