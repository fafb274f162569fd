package io.jbox.compile;

import static io.jbox.uapi.Syscall.EXECVE;

import io.jbox.config.WaitStatus;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.program.Call;
import io.jbox.program.Fail;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Ends a failed process through a single op. The results of the ops show afterwards what has failed: the JVM reads them
 * in memory shared with the process, or they come through the exec pipe.
 */
public final class ReportedFailures implements Failures {
    private static final int DIED = 127;

    /** An op and its source, a call or a failure. */
    private record Origin(
            Op op, Step step, @Nullable Call call, @Nullable Fail fail, boolean inChild) {}

    private final List<Origin> origins = new ArrayList<>();
    private final long die;
    private final long childDies;

    /** @param die the op that follows a failure */
    public ReportedFailures(Program program, long die) {
        this.die = die;
        this.childDies = program.op(Syscall.EXIT_GROUP, DIED).address();
    }

    @Override
    public void connect(Op op, Step step, Call call, boolean inChild) {
        origins.add(new Origin(op, step, call, null, inChild));
        long end = inChild ? childDies : die;
        switch (call.outcome()) {
            case MUST_SUCCEED -> op.onNegative(end);
            case MUST_BE_POSITIVE -> op.onNegative(end).onZero(end);
            case MUST_BE_ZERO -> op.onNegative(end).onPositive(end);
            case SAY_FAILURE -> throw new IllegalArgumentException(call.notation() + ": nothing can report it");
            case ELSE_SKIP_STEP, MAY_FAIL -> {}
        }
    }

    @Override
    public void connect(Op op, Step step, Fail fail, boolean inChild) {
        // Its result tells that it was reached.
        origins.add(new Origin(op, step, null, fail, inChild));
        op.next(inChild ? childDies : die);
    }

    /** Returns what has failed in one of its processes, or null. Call it only when they no longer run. */
    @Nullable
    public JboxException find(String box) {
        for (Origin origin : origins) {
            long result = origin.op.result();
            Call call = origin.call;
            if (origin.inChild) {
                continue; // its parent reports it
            }
            if (origin.fail != null && result > 0) {
                return failure(box, origin.step, origin.fail, result);
            }
            if (call != null
                    && result < 0
                    && call.outcome() != Call.Outcome.MAY_FAIL
                    && call.outcome() != Call.Outcome.ELSE_SKIP_STEP) {
                int code = call.syscall() == EXECVE ? codeOf(result) : JboxException.FAILED;
                return new JboxException(List.of(CallProblem.of(box, origin.step, call, result)), code);
            }
        }
        return null;
    }

    private JboxException failure(String box, Step failed, Fail fail, long result) {
        return switch (fail.reason()) {
            case LATE -> failure(box, failed, fail, ": took too long");
            case STATUS -> failure(box, failed, fail, ": " + WaitStatus.describe((int) result));
            case NOT_EXECUTED -> notExecuted(box, failed);
            case CHANGED, SAID, REFUSED, IN_USE, REPORTED ->
                throw new IllegalStateException(failed.subject() + ": only jbox's own part fails like this");
        };
    }

    private static JboxException failure(String box, Step failed, Fail fail, String cause) {
        String hint = failed.hintFor(fail.reason());
        return new JboxException(new Problem(box + ": " + failed.subject() + cause, failed.asked(), hint));
    }

    /** Of several candidate files, the one that existed gives the reason. */
    private JboxException notExecuted(String box, Step failed) {
        Set<Long> missing = Set.of((long) -Errno.ENOENT, (long) -Errno.ENOTDIR);
        long reason = -Errno.ENOENT;
        for (Origin origin : origins) {
            boolean tried = origin.step == failed && origin.call != null && origin.call.syscall() == EXECVE;
            if (tried && !missing.contains(origin.op.result())) {
                reason = origin.op.result();
            }
        }
        Problem problem = new Problem(
                box + ": " + failed.subject() + ": " + Errno.describe((int) -reason),
                failed.asked(),
                failed.hintFor(EXECVE, (int) -reason));
        return new JboxException(List.of(problem), codeOf(reason));
    }

    private static int codeOf(long result) {
        return result == -Errno.ENOENT ? JboxException.NOT_FOUND : JboxException.CANNOT_EXECUTE;
    }
}
