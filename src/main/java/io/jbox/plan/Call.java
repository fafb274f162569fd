package io.jbox.plan;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One system call of a step.
 *
 * @param name the kernel's
 * @param outcome what its result means for what comes next
 * @param result the descriptor that it gives, if any
 */
public record Call(
        String name,
        List<Arg> arguments,
        Outcome outcome,
        @Nullable Descriptor result) {
    /** What a result means. */
    public enum Outcome {
        /** A negative result fails the step. */
        MUST_SUCCEED,
        /** Only a positive result does not fail the step. */
        MUST_BE_POSITIVE,
        /** Only zero does not fail the step. */
        MUST_BE_ZERO,
        /** A negative result is as good. */
        MAY_FAIL,
        /** A negative result ends the step in peace. */
        ELSE_SKIP_STEP,
        /** Makes a child, which goes on with the calls IN_CHILD that follow; the caller with those behind them. */
        FORKS,
        /** A negative result ends the child. */
        IN_CHILD,
        /** Zero fails the step: it took too long. */
        ZERO_IS_LATE,
        /** The result is a child's wait status, and fails the step unless it is zero. */
        STATUS_MUST_BE_ZERO,
        /** A dump of addresses, made again until none is tentative. */
        UNTIL_UNIQUE,
    }

    /** As strace prints it, without the result: nobody knows that yet. */
    public String notation() {
        List<String> shown = new ArrayList<>();
        for (Arg argument : arguments) {
            shown.add(argument.notation());
        }
        String call = name + "(" + String.join(", ", shown) + ")";
        return result == null ? call : call + " = " + result;
    }

    /** What the outcome adds to the notation; empty for the ordinary. */
    public String remark() {
        return switch (outcome) {
            case MUST_SUCCEED -> "";
            case MUST_BE_POSITIVE -> "0 is a failure";
            case MUST_BE_ZERO -> "anything but 0 is a failure";
            case MAY_FAIL -> "may fail";
            case ELSE_SKIP_STEP -> "if it fails, on with the next step";
            case FORKS -> "in the child:";
            case IN_CHILD -> "child";
            case ZERO_IS_LATE -> "0 is too late";
            case UNTIL_UNIQUE -> "again until no address is tentative (RFC 4862)";
            case STATUS_MUST_BE_ZERO -> "the child's wait status: anything but 0 is a failure";
        };
    }
}
