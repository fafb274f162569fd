package io.jbox.compile;

import io.jbox.kernel.Op;
import io.jbox.program.Call;
import io.jbox.program.Fail;
import io.jbox.program.Step;
import org.jspecify.annotations.Nullable;

/** Decides where a process continues when a call that must succeed fails. */
interface Failures {
    /**
     * Connects an op of a call according to the call's outcome.
     *
     * @param inChild whether it belongs to a child without steps of its own
     */
    void connect(Op op, Step step, Call call, boolean inChild);

    /** Connects an op that is reached only if the step fails. Its result shows later that it was reached. */
    void connect(Op op, Step step, Fail fail, boolean inChild);

    /**
     * Routes later failures through ops that undo what has been made.
     *
     * @param first address of the first one
     * @param guard the first op if it decides whether there is anything to undo; a negative result means that there is
     *     not
     * @param last the last one
     */
    default void undo(long first, @Nullable Op guard, Op last) {
        throw new IllegalArgumentException("only jbox's own part is undone");
    }
}
