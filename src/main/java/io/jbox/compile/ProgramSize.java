package io.jbox.compile;

import io.jbox.kernel.Op;
import io.jbox.program.Action;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Effect;
import io.jbox.program.Fail;
import io.jbox.program.Fork;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.RouteArg;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.program.Undo;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Computes an upper bound for the memory of a program. */
public final class ProgramSize implements Statement.Visitor {
    /** Memory besides the calls: buffers, cells, and room for a page or two. */
    private static final int FIXED = 32 * 1024;
    /** A call, and the branches around it. */
    private static final int CALL = 3 * Op.SIZE;

    private static final int ALIGNED = 2 * Long.BYTES;

    private final Map<Arg, Boolean> counted = new IdentityHashMap<>();
    private long bytes = FIXED;
    private boolean spoken;
    private @Nullable Step step;

    private final EncodedSize counter = new EncodedSize();

    private ProgramSize() {}

    /** The bound in bytes. */
    public static int of(List<Step> steps) {
        ProgramSize size = new ProgramSize();
        size.add(steps);
        return size.total();
    }

    /** The same for a program that prints its failures itself. */
    public static int ofSpoken(List<Step> steps) {
        ProgramSize size = new ProgramSize();
        size.spoken = true;
        size.bytes += SpokenFailures.SIZE;
        size.add(steps);
        return size.total();
    }

    private int total() {
        return (int) Math.min(Integer.MAX_VALUE / 2, bytes);
    }

    private void add(List<? extends Statement> statements) {
        for (Statement statement : statements) {
            statement.accept(this);
        }
    }

    private void add(Action action) {
        bytes += CALL + failure();
        for (Arg argument : action.arguments()) {
            bytes += Op.SIZE * unknown(argument);
            if (counted.put(argument, true) == null) {
                bytes += bytes(argument);
            }
        }
    }

    /** The maximum number of ops needed to fill in an argument. */
    private static long unknown(Arg argument) {
        if (argument instanceof Arg.Struct struct) {
            long count = 0;
            for (Arg.Field field : struct.fields()) {
                count += unknown(field.value());
            }
            return count;
        }
        return argument instanceof Arg.Fd || argument instanceof Arg.ValueOf ? 1 : 0;
    }

    private int failure() {
        return spoken && step != null ? SpokenFailures.size(step) : 0;
    }

    @Override
    public void visit(Step inner) {
        Step outer = step;
        step = inner;
        add(inner.body());
        step = outer;
    }

    @Override
    public void visit(Call call) {
        add(call);
    }

    @Override
    public void visit(Memory memory) {
        add(memory);
    }

    @Override
    public void visit(Effect effect) {}

    @Override
    public void visit(Undo undo) {
        bytes += 2 * CALL;
        add(undo.body());
    }

    @Override
    public void visit(Branch branch) {
        add(branch.action());
        add(branch.then());
    }

    @Override
    public void visit(Loop loop) {
        bytes += CALL;
        add(loop.body());
    }

    @Override
    public void visit(Jump jump) {
        bytes += CALL;
    }

    @Override
    public void visit(Fork fork) {
        add(fork.call());
        add(fork.body());
    }

    @Override
    public void visit(Fail fail) {
        bytes += CALL + failure();
    }

    private long bytes(Arg argument) {
        if (argument instanceof RouteArg.Message message) {
            RouteMessage.Encoded encoded = RouteMessage.encode(message, descriptor -> null);
            return encoded.bytes().length
                    + 2L * Long.BYTES
                    + (long) encoded.gaps().size() * Op.SIZE;
        }
        if (argument instanceof RouteArg.LengthOf) {
            return 0;
        }
        long before = counter.bytes();
        argument.encode(counter);
        return counter.bytes() - before;
    }
}
