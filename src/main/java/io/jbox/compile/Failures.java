package io.jbox.compile;

import io.jbox.kernel.Op;
import io.jbox.program.Call;
import io.jbox.program.Fail;
import io.jbox.program.Step;

/** Where a process goes on whose call has failed that must not. */
interface Failures {
    /**
     * Connects an op that a call was made of, according to the call's outcome.
     *
     * @param inChild whether it is one of a child's that has no steps told by themselves
     */
    void connect(Op op, Step step, Call call, boolean inChild);

    /** Connects an op that is only reached where the step fails. Its result tells afterwards that it was. */
    void connect(Op op, Step step, Fail fail, boolean inChild);
}
