package io.jbox.compile;

import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.SmallOp;
import io.jbox.program.Action;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Fail;
import io.jbox.program.Fork;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.program.Undo;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Turns the steps of one process into ops.
 *
 * <p>A descriptor that the process opens has no number before it runs: the opening op stores it in memory of the
 * program, and each op that uses it is preceded by one that copies it into its argument.
 */
public final class Assembler implements Statement.Visitor {
    private static final int DIED = 127;

    /** The start of a loop, and the ops that leave it. */
    private record Ends(long first, List<Op> leaving) {}

    private final Program program;
    private final ArgumentWriter arguments;
    private final Map<Actor, Long> children;
    private final Map<String, Ends> loops = new HashMap<>();
    private final Failures failures;
    private @Nullable OwnPart ownPart;
    private boolean inChild;
    private @Nullable Step step;
    private List<Op> skips = new ArrayList<>();
    /** The call before, if it may fail. */
    private @Nullable Op tolerated;
    /** The number of enclosing branches and loops. */
    private int depth;

    /** @param children the first ops of processes that have been assembled already */
    public Assembler(Program program, ArgumentWriter arguments, Failures failures, Map<Actor, Long> children) {
        this.program = program;
        this.arguments = arguments;
        this.failures = failures;
        this.children = children;
    }

    /** The differences in jbox's own part of a compiled program; null if there are none any more. */
    interface OwnPart {
        /**
         * Called after each call of the step itself; its descriptor is not stored.
         *
         * @param sometimes whether it is in a branch or a loop
         */
        void added(Op op, Step step, Call call, boolean sometimes);

        /** Called after a call that makes a process and opens its pidfd. */
        void forked(Step step);
    }

    void own(@Nullable OwnPart part) {
        this.ownPart = part;
    }

    /** Adds the ops of all steps. */
    public void add(List<Step> steps) {
        statements(steps);
    }

    @Override
    public void visit(Step inner) {
        Step outer = step;
        tolerated = null;
        List<Op> outerSkips = skips;
        step = inner;
        skips = new ArrayList<>();
        statements(inner.body());
        for (Op skip : skips) {
            skip.onNegative(program.next());
        }
        step = outer;
        skips = outerSkips;
    }

    private void statements(List<? extends Statement> statements) {
        for (Statement statement : statements) {
            statement.accept(this);
        }
    }

    private Step step() {
        if (step == null) {
            throw new IllegalStateException("outside of a step");
        }
        return step;
    }

    @Override
    public void visit(Call call) {
        if (!call.arguments().isEmpty() && call.arguments().get(0) instanceof Arg.AllBut kept) {
            closeAllBut(call, kept);
        } else if (ownPart != null && !inChild) {
            ownPart.added(op(call, false), step(), call, depth > 0);
        } else {
            op(call);
        }
    }

    private Op op(Call call) {
        return op(call, true);
    }

    private Op op(Call call, boolean stored) {
        Op op = arguments.op(call.syscall(), call.arguments());
        failures.connect(op, step(), call, inChild);
        tolerated = call.outcome() == Call.Outcome.MAY_FAIL ? op : null;
        if (call.outcome() == Call.Outcome.ELSE_SKIP_STEP) {
            skips.add(op);
        }
        if (call.result() != null) {
            if (stored) {
                op.store(arguments.opened(call.result()));
            }
        } else if (call.into() != null) {
            op.store(arguments.address(call.into()));
        }
        return op;
    }

    @Override
    public void visit(Memory memory) {
        tolerated = null;
        MemoryOp.write(arguments, memory);
    }

    private Op op(Action action) {
        return action instanceof Call call ? op(call) : MemoryOp.write(arguments, (Memory) action);
    }

    @Override
    public void visit(Effect effect) {
        throw new IllegalArgumentException(effect.notation() + ": only jbox itself has effects");
    }

    @Override
    public void visit(Branch branch) {
        Op op = op(branch.action());
        depth++;
        statements(branch.then());
        depth--;
        Sign sign = branch.sign();
        boolean mustSucceed = branch.action() instanceof Call call && call.outcome() == Call.Outcome.MUST_SUCCEED;
        if (!sign.hasNegative() && !mustSucceed) {
            op.onNegative(program.next());
        }
        if (!sign.hasZero()) {
            op.onZero(program.next());
        }
        if (!sign.hasPositive()) {
            op.onPositive(program.next());
        }
    }

    @Override
    public void visit(Loop loop) {
        Ends ends = new Ends(program.next(), new ArrayList<>());
        loops.put(loop.label().name(), ends);
        depth++;
        statements(loop.body());
        depth--;
        nothing().next(ends.first);
        for (Op leaving : ends.leaving) {
            leaving.next(program.next());
        }
    }

    @Override
    public void visit(Jump jump) {
        Ends ends = loops.get(jump.loop().name());
        if (ends == null) {
            throw new IllegalArgumentException(jump.notation() + ", which it is not in");
        }
        Op op = nothing();
        if (jump.again()) {
            op.next(ends.first);
        } else {
            ends.leaving.add(op);
        }
    }

    /** An op that does nothing, as a target for jumps. */
    private Op nothing() {
        return program.op(SmallOp.COPY);
    }

    @Override
    public void visit(Fork fork) {
        Op op = op(fork.call());
        // clone(2) opens no pidfd here.
        if (ownPart != null && !inChild && fork.call().syscall() == Syscall.CLONE3) {
            ownPart.forked(step());
        }
        if (fork.child() != null) {
            Long first = children.get(fork.child());
            if (first == null) {
                throw new IllegalArgumentException(fork.child() + " is not assembled");
            }
            op.onZero(first);
            return;
        }
        boolean outer = inChild;
        inChild = true;
        statements(fork.body());
        // Only reached if an execve failed.
        program.op(Syscall.EXIT_GROUP, DIED);
        inChild = outer;
        op.onPositive(program.next());
        if (fork.call().outcome() == Call.Outcome.MAY_FAIL) {
            op.onNegative(program.next());
        }
    }

    @Override
    public void visit(Undo undo) {
        long made = tolerated == null ? 0 : tolerated.resultAddress();
        if (depth > 0) {
            // Whether it was reached: negative until then.
            long reached = program.words(-1);
            program.op(SmallOp.COPY, reached, made == 0 ? program.words(0) : made, Long.BYTES);
            made = reached;
        }
        Op over = nothing();
        long first = program.next();
        Op guard = made == 0 ? null : program.op(SmallOp.ADD, made, 0);
        Op last = over;
        for (Statement statement : undo.body()) {
            if (!(statement instanceof Call call) || call.outcome() != Call.Outcome.MAY_FAIL || call.result() != null) {
                throw new IllegalArgumentException(
                        step().subject() + ": a compiled program undoes by calls that may fail and open nothing");
            }
            last = arguments.op(call.syscall(), call.arguments());
        }
        failures.undo(first, guard, last);
        over.next(program.next());
    }

    @Override
    public void visit(Fail fail) {
        Op op = fail.status() != null
                ? arguments.op(SmallOp.ADD, List.of(fail.status(), Arg.number(0)))
                : arguments.op(SmallOp.ADD, List.of(new Arg.Cell("failed", Long.BYTES), Arg.number(1)));
        failures.connect(op, step(), fail, inChild);
    }

    /** Emits one close_range for every gap between the descriptors that stay. */
    private void closeAllBut(Call call, Arg.AllBut kept) {
        TreeSet<Integer> numbers = new TreeSet<>();
        for (Descriptor descriptor : kept.descriptors()) {
            Integer number = arguments.number(descriptor);
            if (number != null) {
                numbers.add(number);
            }
        }
        int first = kept.first();
        for (int number : numbers) {
            if (number > first) {
                close(call, first, number - 1);
            }
            first = number + 1;
        }
        close(call, first, 0xffff_ffffL);
    }

    private void close(Call call, long first, long last) {
        Op op = program.op(Syscall.CLOSE_RANGE, first, last, 0);
        failures.connect(op, step(), call, inChild);
    }
}
