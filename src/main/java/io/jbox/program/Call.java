package io.jbox.program;

import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One system call.
 *
 * @param syscall which one
 * @param outcome what its result means for what comes next
 * @param result the descriptor that it returns, if any
 * @param into where its 32-bit result is kept; null if it is not needed
 */
public record Call(
        Syscall syscall,
        List<Arg> arguments,
        Outcome outcome,
        @Nullable Descriptor result,
        Arg.@Nullable Cell into) implements Action {
    /** What a result means. */
    public enum Outcome {
        /** A negative result fails the step. */
        MUST_SUCCEED,
        /** Any result that is not positive fails the step. */
        MUST_BE_POSITIVE,
        /** Any result other than zero fails the step. */
        MUST_BE_ZERO,
        /** A negative result is ignored. */
        MAY_FAIL,
        /** A negative result is reported and otherwise ignored. */
        SAY_FAILURE,
        /** A negative result ends the step without an error. */
        ELSE_SKIP_STEP
    }

    /** A call whose failure fails the step. */
    public static Call must(Syscall syscall, Arg... arguments) {
        return new Call(syscall, List.of(arguments), Outcome.MUST_SUCCEED, null, null);
    }

    /** A call whose failure is ignored. */
    public static Call may(Syscall syscall, Arg... arguments) {
        return new Call(syscall, List.of(arguments), Outcome.MAY_FAIL, null, null);
    }

    /** Returns the same call with the descriptor that it opens. */
    public Call opens(Descriptor descriptor) {
        return new Call(syscall, arguments, outcome, descriptor, into);
    }

    /** Returns the same call with a cell that keeps its result. */
    public Call into(Arg.Cell cell) {
        return new Call(syscall, arguments, outcome, result, cell);
    }

    /** The rtnetlink request that it sends; null if it sends none. */
    public RouteArg.@Nullable Message request() {
        for (Arg argument : arguments) {
            if (argument instanceof RouteArg.Message message) {
                return message;
            }
        }
        return null;
    }

    @Override
    public String notation() {
        List<String> shown = new ArrayList<>();
        for (Arg argument : arguments) {
            shown.add(argument.notation());
        }
        String call = syscall.kernelName() + "(" + String.join(", ", shown) + ")";
        return result != null ? call + " = " + result : into != null ? call + " = " + into.notation() : call;
    }

    /** What the outcome adds to the notation; empty for the usual outcome. */
    public String remark() {
        return switch (outcome) {
            case MUST_SUCCEED -> "";
            case MUST_BE_POSITIVE -> "0 is a failure";
            case MUST_BE_ZERO -> "anything but 0 is a failure";
            case MAY_FAIL -> "may fail";
            case SAY_FAILURE -> "if it fails, that is said";
            case ELSE_SKIP_STEP -> "if it fails, on with the next step";
        };
    }

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }
}
