package io.jbox.program;

import io.jbox.problem.Place;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One goal and the statements that reach it. A child with several goals has steps in the block of its {@link Fork}.
 *
 * @param subject names the step in an error message: {@code mount "proc" on "/proc"}
 * @param place the part of the configuration that asked for it
 * @param hints for failures with a known cause
 * @param code exit code of a namespace tool if the step fails; 0 for its usual one
 */
public record Step(Actor actor, String subject, Place place, List<Statement> body, List<Hint> hints, int code)
        implements Statement {
    /** The part of the configuration that asked for it, for an error; null if none did. */
    public @Nullable Place asked() {
        return place.isDefault() ? null : place;
    }

    /** The calls directly in the step, in order, without those in branches, loops and children. */
    public List<Call> calls() {
        List<Call> calls = new ArrayList<>();
        Statement.Visitor collector = new CallsOnly() {
            @Override
            public void visit(Call call) {
                calls.add(call);
            }

            @Override
            public void visit(Fork fork) {
                calls.add(fork.call());
            }
        };
        for (Statement statement : body) {
            statement.accept(collector);
        }
        return calls;
    }

    /** Says what is done in place of a call or of an operation on memory. */
    public interface Change {
        default List<? extends Statement> of(Call call) {
            return List.of(call);
        }

        default List<? extends Statement> of(Memory memory) {
            return List.of(memory);
        }
    }

    /** Returns the same step with other statements in place of those directly in it; children stay as they are. */
    public Step with(Change change) {
        List<Statement> changed = new ArrayList<>();
        for (Statement statement : body) {
            List<Statement> instead = new ArrayList<>(List.of(statement));
            statement.accept(new CallsOnly() {
                @Override
                public void visit(Call call) {
                    instead.clear();
                    instead.addAll(change.of(call));
                }

                @Override
                public void visit(Memory memory) {
                    instead.clear();
                    instead.addAll(change.of(memory));
                }
            });
            changed.addAll(instead);
        }
        return new Step(actor, subject, place, List.copyOf(changed), hints, code);
    }

    /** The effects in the step. */
    public List<Effect> effects() {
        List<Effect> effects = new ArrayList<>();
        Statement.Visitor collector = new CallsOnly() {
            @Override
            public void visit(Effect effect) {
                effects.add(effect);
            }
        };
        for (Statement statement : body) {
            statement.accept(collector);
        }
        return effects;
    }

    /** Whether the step makes a process. */
    public boolean forks() {
        boolean[] forks = new boolean[1];
        Statement.Visitor finder = new CallsOnly() {
            @Override
            public void visit(Fork fork) {
                forks[0] = true;
            }
        };
        for (Statement statement : body) {
            statement.accept(finder);
        }
        return forks[0];
    }

    /**
     * Advice for a failure.
     *
     * @param call the call that failed, or null for any
     * @param errno of {@link io.jbox.uapi.Errno}; 0 if the step fails without a failed call
     * @param reason null for a call
     */
    public record Hint(@Nullable Syscall call, int errno, Fail.@Nullable Reason reason, String text) {}

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }

    /**
     * The hint for a call that failed, if there is one.
     *
     * @param call null if it is not a call of the plan
     * @param errno positive
     */
    public @Nullable String hintFor(@Nullable Syscall call, int errno) {
        for (Hint hint : hints) {
            if (hint.reason == null && hint.errno == errno && (hint.call == null || hint.call == call)) {
                return hint.text;
            }
        }
        return null;
    }

    /** The hint for a failure without a failed call, if there is one. */
    public @Nullable String hintFor(Fail.Reason reason) {
        for (Hint hint : hints) {
            if (hint.reason == reason) {
                return hint.text;
            }
        }
        return null;
    }

    /** A step under construction. */
    public static Draft by(Actor actor, String subject, Place place) {
        return new Draft(actor, subject, place);
    }

    /** A step under construction. */
    public static final class Draft {
        private final Actor actor;
        private final String subject;
        private final Place place;
        private final List<Statement> body = new ArrayList<>();
        private final List<Hint> hints = new ArrayList<>();
        private int code;

        private Draft(Actor actor, String subject, Place place) {
            this.actor = actor;
            this.subject = subject;
            this.place = place;
        }

        public Draft call(Syscall syscall, Arg... arguments) {
            return add(syscall, Call.Outcome.MUST_SUCCEED, null, arguments);
        }

        public Draft open(Descriptor result, Syscall syscall, Arg... arguments) {
            return add(syscall, Call.Outcome.MUST_SUCCEED, result, arguments);
        }

        public Draft tolerate(Syscall syscall, Arg... arguments) {
            return add(syscall, Call.Outcome.MAY_FAIL, null, arguments);
        }

        public Draft add(Syscall syscall, Call.Outcome outcome, @Nullable Descriptor result, Arg... arguments) {
            body.add(new Call(syscall, List.of(arguments), outcome, result, null));
            return this;
        }

        public Draft add(Statement... statements) {
            body.addAll(List.of(statements));
            return this;
        }

        /** Sets how to undo what the preceding call or effect has made. */
        public Draft undo(Statement... statements) {
            body.add(Undo.by(statements));
            return this;
        }

        /** Lets the step end without an error wherever it would have failed. */
        public Draft optional() {
            body.replaceAll(Draft::optional);
            return this;
        }

        private static Statement optional(Statement statement) {
            Statement[] changed = {statement};
            statement.accept(new CallsOnly() {
                @Override
                public void visit(Call call) {
                    if (call.outcome() == Call.Outcome.MUST_SUCCEED) {
                        changed[0] = new Call(
                                call.syscall(),
                                call.arguments(),
                                Call.Outcome.ELSE_SKIP_STEP,
                                call.result(),
                                call.into());
                    }
                }
            });
            return changed[0];
        }

        public Draft hint(@Nullable Syscall call, int errno, String text) {
            hints.add(new Hint(call, errno, null, text));
            return this;
        }

        public Draft hint(Fail.Reason reason, String text) {
            hints.add(new Hint(null, 0, reason, text));
            return this;
        }

        /** Sets the exit code of a namespace tool if the step fails. */
        public Draft code(int code) {
            this.code = code;
            return this;
        }

        public Step build() {
            return new Step(actor, subject, place, List.copyOf(body), List.copyOf(hints), code);
        }
    }
}
