package io.jbox.program;

import org.jspecify.annotations.Nullable;

/**
 * A statement that fails its step without a failed system call, for example after a timeout. The reason selects the
 * error message and the hint.
 *
 * @param status the wait status of the failed process, or an exit code; null if there is none
 */
public record Fail(Reason reason, Arg.@Nullable Cell status) implements Statement {
    public enum Reason {
        /** It took too long. */
        LATE,
        /** A program did not exit with 0. */
        STATUS,
        /** None of the candidate files could be executed. */
        NOT_EXECUTED,
        /** Something is no longer what it was when the program was compiled. */
        CHANGED,
        /** The error was already printed; the exit code is in the cell. */
        SAID,
        /** The kernel has refused a request to rtnetlink(7); its answer (struct nlmsgerr) is in the cell. */
        REFUSED,
        /** Another machine has the address (RFC 4862). */
        IN_USE,
        /** A process has not reached this point, and says why through the exec pipe. */
        REPORTED
    }

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }
}
