package io.jbox.compile;

import io.jbox.problem.Problem;
import io.jbox.program.Call;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;

/** Describes a failed call to the user: its step, the error in words, and advice. */
public final class CallProblem {
    private CallProblem() {}

    /** @param result negative, or another that the call must not have */
    public static Problem of(String box, Step step, Call call, long result) {
        if (result >= 0) {
            return new Problem(
                    box + ": " + step.subject() + ": " + call.syscall().kernelName() + ": " + result,
                    step.asked(),
                    step.hintFor(call.syscall(), 0));
        }
        int errno = (int) -result;
        String hint = step.hintFor(call.syscall(), errno);
        // dup3 to a number above the limit is EBADF.
        boolean tooMany = errno == Errno.EMFILE || errno == Errno.EBADF;
        return new Problem(
                box + ": " + step.subject() + ": " + call.syscall().kernelName() + ": " + Errno.describe(errno),
                step.asked(),
                tooMany && hint == null ? "the start may need more open files than are allowed: ulimit -n" : hint);
    }
}
