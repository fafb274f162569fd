package io.jbox.box;

import io.jbox.kernel.Op;
import io.jbox.plan.Arg;
import io.jbox.plan.Call;
import io.jbox.plan.Step;
import io.jbox.problem.RawText;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** How much memory a program of steps may need at most. */
final class ProgramSize {
    /** A call, the dup3 that may follow it, and the branches around both. */
    private static final int CALL = 4 * Op.SIZE;

    private static final int ALIGNED = 2 * Long.BYTES;

    private ProgramSize() {}

    /**
     * @param least what it has in any case
     * @return bytes
     */
    static int of(List<Step> steps, int least) {
        long bytes = least;
        Map<Arg, Boolean> counted = new IdentityHashMap<>();
        for (Step step : steps) {
            for (Call call : step.calls()) {
                bytes += CALL;
                for (Arg argument : call.arguments()) {
                    if (counted.put(argument, true) == null) {
                        bytes += bytes(argument);
                    }
                }
            }
        }
        return (int) Math.min(Integer.MAX_VALUE / 2, bytes);
    }

    private static long bytes(Arg argument) {
        if (argument instanceof Arg.Texts list) {
            long bytes = Long.BYTES;
            for (String text : list.texts()) {
                bytes += RawText.encode(text).length + ALIGNED + Long.BYTES;
            }
            return bytes;
        }
        if (argument instanceof Arg.AllBut kept) {
            return (kept.descriptors().size() + 1L) * CALL;
        }
        if (argument instanceof Arg.Text text) {
            return RawText.encode(text.text()).length + ALIGNED;
        }
        // Structures, lists of descriptors, compiled filters: what they are written as is longer than they are.
        return 4L * argument.notation().length() + 4 * Long.BYTES;
    }
}
