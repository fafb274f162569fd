package io.jbox.launch;

import static io.jbox.uapi.Syscall.*;

import io.jbox.compile.ArgumentWriter;
import io.jbox.compile.CallProblem;
import io.jbox.compile.CellContent;
import io.jbox.compile.MemoryOp;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.problem.JboxException;
import io.jbox.program.Action;
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
import io.jbox.program.RouteArg;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.program.Undo;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Executes one step of jbox's own part, statement by statement. */
final class StepWalk implements Statement.Visitor {
    private final Kernel kernel;
    private final String box;
    private final Step step;
    private final Holdings holdings;
    private final Host host;
    private final Program program;
    private final ArgumentWriter arguments;
    /** The ops of each action: a loop repeats its actions without new ops. */
    private final Map<Action, Written> written = new IdentityHashMap<>();

    private boolean succeeded = true;
    private boolean skipped;
    private @Nullable Jump jump;
    private RouteArg.@Nullable Message request;

    /** Carries out effects. */
    interface Host {
        /** @param given the open descriptors; receives those that the effect opens */
        void carryOut(Effect effect, Map<Descriptor, Fd> given);
    }

    /**
     * An action in memory.
     *
     * @param first address of the op to begin with, which may fill in arguments
     * @param op its result is the action's
     */
    private record Written(long first, Op op) {}

    /** @param program the memory of the step: a call may read what another one has written */
    StepWalk(Kernel kernel, String box, Step step, Holdings holdings, Host host, int initPid, Program program) {
        this.kernel = kernel;
        this.box = box;
        this.step = step;
        this.holdings = holdings;
        this.host = host;
        this.program = program;
        this.arguments = new ArgumentWriter(program, holdings.numbers(), initPid);
        for (CellContent content : holdings.known()) {
            arguments.set(content);
        }
    }

    /** @throws JboxException if a call or effect fails that must succeed */
    void walk(List<Statement> statements) {
        for (Statement statement : statements) {
            if (skipped || jump != null) {
                return;
            }
            statement.accept(this);
        }
    }

    @Override
    public void visit(Call call) {
        make(call);
    }

    @Override
    public void visit(Memory memory) {
        make(memory);
    }

    /** Returns the result. */
    private long make(Action action) {
        Written ops = written.get(action);
        if (ops == null) {
            ops = write(action);
            written.put(action, ops);
        }
        long result = kernel.make(ops.first, ops.op);
        if (action instanceof Call call) {
            made(call, result);
        }
        return result;
    }

    private Written write(Action action) {
        long first = program.next();
        Op op = action instanceof Call call ? write(call) : MemoryOp.write(arguments, (Memory) action);
        return new Written(first, op);
    }

    private Op write(Call call) {
        Op op = arguments.op(call.syscall(), call.arguments());
        return call.into() == null ? op : op.store(arguments.address(call.into()));
    }

    /** Keeps what the call has changed, and fails the step if its outcome says so. */
    private void made(Call call, long result) {
        if (call.request() != null) {
            request = call.request();
        }
        succeeded = result >= 0;
        if (succeeded) {
            keep(call, result);
        } else if (call.result() != null && call.outcome() == Call.Outcome.MAY_FAIL) {
            holdings.notOpened(call.result());
        }
        switch (call.outcome()) {
            case MUST_SUCCEED, MUST_BE_POSITIVE, MUST_BE_ZERO, SAY_FAILURE -> require(call, result);
            case ELSE_SKIP_STEP -> skipped = result < 0;
            case MAY_FAIL -> {}
        }
    }

    private void require(Call call, long result) {
        boolean otherwise = call.outcome() == Call.Outcome.MUST_BE_POSITIVE && result == 0
                || call.outcome() == Call.Outcome.MUST_BE_ZERO && result > 0;
        if (result < 0 || otherwise) {
            throw new JboxException(CallProblem.of(box, step, call, result));
        }
    }

    /** Keeps what the call has opened, closed and returned. */
    private void keep(Call call, long result) {
        if (call.result() != null) {
            holdings.opened(call.result(), Fd.of(kernel, (int) result));
        }
        for (Arg argument : call.arguments()) {
            if (argument instanceof Arg.Pair pair) {
                long cell = arguments.pair(pair);
                holdings.opened(pair.first(), Fd.of(kernel, program.readInt(cell)));
                holdings.opened(pair.second(), Fd.of(kernel, program.readInt(cell + Integer.BYTES)));
            } else if (call.syscall() == CLOSE && argument instanceof Arg.Fd closed) {
                holdings.take(closed.descriptor());
            }
        }
        keepCells();
    }

    /** Keeps what is in memory for the steps that come later. */
    private void keepCells() {
        for (CellContent content : arguments.contents()) {
            holdings.learnt(content);
        }
    }

    @Override
    public void visit(Effect effect) {
        succeeded = false;
        Map<Descriptor, Fd> given = holdings.copy();
        try {
            host.carryOut(effect, given);
            succeeded = true;
        } finally {
            for (Map.Entry<Descriptor, Fd> entry : given.entrySet()) {
                if (holdings.find(entry.getKey()) == null) {
                    holdings.opened(entry.getKey(), entry.getValue());
                }
            }
        }
    }

    @Override
    public void visit(Undo undo) {
        if (succeeded) {
            holdings.made(new Undoing(undo));
        }
    }

    @Override
    public void visit(Branch branch) {
        long result = make(branch.action());
        boolean taken = result < 0
                ? branch.sign().hasNegative()
                : result == 0 ? branch.sign().hasZero() : branch.sign().hasPositive();
        if (taken && !skipped) {
            walk(branch.then());
        }
    }

    @Override
    public void visit(Loop loop) {
        while (!skipped) {
            walk(loop.body());
            // By name: the equality of records costs 8 ms at its first use.
            if (jump != null && !jump.loop().name().equals(loop.label().name())) {
                return;
            }
            boolean leaves = jump != null && !jump.again();
            jump = null;
            if (leaves) {
                return;
            }
        }
    }

    @Override
    public void visit(Jump to) {
        jump = to;
    }

    @Override
    public void visit(Fail fail) {
        byte[] status = fail.status() == null
                ? new byte[0]
                : program.read(arguments.address(fail.status()), fail.status().bytes());
        throw new JboxException(OwnFailure.of(box, step, fail, status, request));
    }

    @Override
    public void visit(Fork fork) {
        throw refused();
    }

    @Override
    public void visit(Step inner) {
        throw refused();
    }

    private IllegalArgumentException refused() {
        return new IllegalArgumentException(
                step.subject() + ": jbox's own part makes its process by one step of its own");
    }

    /** Carries out an undo. */
    private final class Undoing implements Runnable {
        private final Undo undo;

        Undoing(Undo undo) {
            this.undo = undo;
        }

        @Override
        public void run() {
            try (Arena arena = kernel.arena()) {
                new StepWalk(kernel, box, step, holdings, host, 0, arena.program()).walk(undo.body());
            }
        }
    }
}
