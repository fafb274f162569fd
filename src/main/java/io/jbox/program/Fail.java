package io.jbox.program;

import org.jspecify.annotations.Nullable;

/**
 * Fails the step.
 *
 * @param status the wait status of the failed process; null if there is none
 */
public record Fail(Reason reason, Arg.@Nullable Cell status) implements Statement {
    public enum Reason {
        /** It took too long. */
        LATE("late"),
        /** A program did not exit with 0. */
        STATUS("status"),
        /** None of the candidate files could be executed. */
        NOT_EXECUTED("execve"),
        /** Something is no longer what it was when the program was compiled. */
        CHANGED("changed");

        private final String word;

        Reason(String word) {
            this.word = word;
        }

        /** The word that hints use in place of an errno. */
        public String word() {
            return word;
        }
    }

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }
}
