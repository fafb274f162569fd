package io.jbox.program;

import org.jspecify.annotations.Nullable;

/**
 * Fails the step.
 *
 * @param status the wait status of what has failed; null where there is none
 */
public record Fail(Reason reason, Arg.@Nullable Cell status) implements Statement {
    /** Why. */
    public enum Reason {
        /** It took too long. */
        LATE("late"),
        /** A program has not ended with 0. */
        STATUS("status"),
        /** None of the files could be executed that might be the program. */
        NOT_EXECUTED("execve");

        private final String word;

        Reason(String word) {
            this.word = word;
        }

        /** How hints name it in place of an errno. */
        public String word() {
            return word;
        }
    }

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }
}
