package io.jbox.compile;

import io.jbox.kernel.Op;
import org.jspecify.annotations.Nullable;

/**
 * The ops that undo what a program has made: each op that makes something puts its own in front, and a failure enters the
 * chain at its front.
 */
final class UndoChain {
    private long front;

    /** @param last address of the op to continue with when everything is undone */
    UndoChain(long last) {
        this.front = last;
    }

    /** The first op for a failure from here on. */
    long front() {
        return front;
    }

    /**
     * Puts ops in front.
     *
     * @param first address of the first one
     * @param guard the first op if it decides whether there is anything to undo; a negative result means that there is
     *     not
     * @param last the last one
     */
    void add(long first, @Nullable Op guard, Op last) {
        last.next(front);
        if (guard != null) {
            guard.onNegative(front);
        }
        front = first;
    }
}
