package io.jbox.plan;

import io.jbox.problem.Place;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One intention, and the calls that carry it out.
 *
 * @param subject how its failure is reported: {@code mount "proc" on "/proc"}
 * @param place in the configuration that asked for it
 * @param hints for failures that are understood
 */
public record Step(Actor actor, String subject, Place place, List<Call> calls, List<Hint> hints) {
    /**
     * What to do about a failure.
     *
     * @param call the call that failed, or null for any
     * @param errno by name, {@code ENOENT} say
     */
    public record Hint(@Nullable String call, String errno, String text) {
        /** Instead of an error: a program that was executed has failed. */
        public static final String STATUS = "status";
    }

    /** The hint for a failure, if there is one. */
    public @Nullable String hintFor(String call, String errno) {
        for (Hint hint : hints) {
            if (hint.errno.equals(errno) && (hint.call == null || hint.call.equals(call))) {
                return hint.text;
            }
        }
        return null;
    }

    static Draft by(Actor actor, String subject, Place place) {
        return new Draft(actor, subject, place);
    }

    /** A step under construction. */
    static final class Draft {
        private final Actor actor;
        private final String subject;
        private final Place place;
        private final List<Call> calls = new ArrayList<>();
        private final List<Hint> hints = new ArrayList<>();

        private Draft(Actor actor, String subject, Place place) {
            this.actor = actor;
            this.subject = subject;
            this.place = place;
        }

        Draft call(String name, Arg... arguments) {
            return add(name, Call.Outcome.MUST_SUCCEED, null, arguments);
        }

        Draft open(Descriptor result, String name, Arg... arguments) {
            return add(name, Call.Outcome.MUST_SUCCEED, result, arguments);
        }

        Draft tolerate(String name, Arg... arguments) {
            return add(name, Call.Outcome.MAY_FAIL, null, arguments);
        }

        Draft add(String name, Call.Outcome outcome, @Nullable Descriptor result, Arg... arguments) {
            calls.add(new Call(name, List.of(arguments), outcome, result));
            return this;
        }

        /** Lets the step end in peace wherever it would have failed. */
        Draft optional() {
            calls.replaceAll(call -> call.outcome() == Call.Outcome.MUST_SUCCEED
                    ? new Call(call.name(), call.arguments(), Call.Outcome.ELSE_SKIP_STEP, call.result())
                    : call);
            return this;
        }

        Draft hint(@Nullable String call, String errno, String text) {
            hints.add(new Hint(call, errno, text));
            return this;
        }

        Step build() {
            return new Step(actor, subject, place, List.copyOf(calls), List.copyOf(hints));
        }
    }
}
