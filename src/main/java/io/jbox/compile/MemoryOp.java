package io.jbox.compile;

import io.jbox.kernel.Op;
import io.jbox.kernel.SmallOp;
import io.jbox.program.Memory;

/** Turns operations on memory into ops. */
public final class MemoryOp {
    private MemoryOp() {}

    /** Adds one, after the ops that fill in its arguments. */
    public static Op write(ArgumentWriter arguments, Memory memory) {
        SmallOp small = switch (memory.kind()) {
            case ADD -> SmallOp.ADD;
            case COMPARE -> SmallOp.COMPARE;
            case COPY -> SmallOp.COPY;
            case DIGITS -> SmallOp.DIGITS;
            case TEXT -> SmallOp.TEXT;
        };
        Op op = arguments.op(small, memory.arguments());
        if (memory.into() != null) {
            op.store(arguments.address(memory.into()));
        }
        return op;
    }
}
