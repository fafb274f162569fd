package io.jbox.launch;

import static io.jbox.uapi.Syscall.*;

import io.jbox.compile.ArgumentWriter;
import io.jbox.compile.CallProblem;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.problem.JboxException;
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
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.program.Undo;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The way through one step of jbox's own part, statement by statement. */
final class StepWalk implements Statement.Visitor {
    private final Kernel kernel;
    private final String box;
    private final Step step;
    private final Holdings holdings;
    private final Host host;
    private final Program program;
    private final ArgumentWriter arguments;
    private boolean succeeded = true;
    private boolean skipped;

    /** What is no system call, or a socket that jbox keeps for itself. */
    interface Host {
        /** Opens a socket for rtnetlink. */
        void openSocket(Call call);

        /** @param given what is open; what the effect opens is put in there */
        void carryOut(Effect effect, Map<Descriptor, Fd> given);
    }

    /** @param program its memory: one call of a step reads what another has written */
    StepWalk(Kernel kernel, String box, Step step, Holdings holdings, Host host, int initPid, Program program) {
        this.kernel = kernel;
        this.box = box;
        this.step = step;
        this.holdings = holdings;
        this.host = host;
        this.program = program;
        this.arguments = new ArgumentWriter(program, holdings.numbers(), initPid);
        for (Holdings.Known number : holdings.known()) {
            arguments.set(number.cell(), number.value());
        }
    }

    /** @throws JboxException if a call or effect fails that must succeed */
    void walk(List<Statement> statements) {
        for (Statement statement : statements) {
            if (skipped) {
                return;
            }
            statement.accept(this);
        }
    }

    @Override
    public void visit(Call call) {
        if (RouteCalls.isSocket(call)) {
            host.openSocket(call);
            succeeded = true;
            return;
        }
        long result = make(call);
        succeeded = result >= 0;
        if (succeeded) {
            keep(call, result);
        } else if (call.outcome() == Call.Outcome.ELSE_SKIP_STEP) {
            skipped = true;
        } else if (call.outcome() != Call.Outcome.MAY_FAIL) {
            throw new JboxException(CallProblem.of(box, step, call, result));
        }
    }

    private long make(Call call) {
        List<Arg> values = new ArrayList<>();
        for (Arg argument : call.arguments()) {
            values.add(argument instanceof Arg.ValueOf value ? Arg.number(arguments.read(value)) : argument);
        }
        Op op = arguments.op(call.syscall(), values).next(0);
        if (call.syscall() != CLOSE) {
            return kernel.make(op);
        }
        // It is closed even where a signal interrupts that: another descriptor may have the number by then.
        kernel.walk(op.address());
        return op.result() == -Errno.EINTR ? 0 : op.result();
    }

    /** Keeps what the call has opened, closed and written. */
    private void keep(Call call, long result) {
        if (call.result() != null) {
            holdings.opened(call.result(), Fd.of(kernel, (int) result));
        }
        if (call.into() != null) {
            arguments.set(call.into(), result);
            holdings.learnt(call.into(), result);
        }
        for (Arg argument : call.arguments()) {
            if (argument instanceof Arg.Pair pair) {
                long cell = arguments.pair(pair);
                holdings.opened(pair.first(), Fd.of(kernel, program.readInt(cell)));
                holdings.opened(pair.second(), Fd.of(kernel, program.readInt(cell + Integer.BYTES)));
            } else if (argument instanceof Arg.Cell cell && cell.bytes() == Long.BYTES) {
                holdings.learnt(cell, arguments.get(cell));
            } else if (call.syscall() == CLOSE && argument instanceof Arg.Fd closed) {
                holdings.take(closed.descriptor());
            }
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
    public void visit(Memory memory) {
        throw refused();
    }

    @Override
    public void visit(Branch branch) {
        throw refused();
    }

    @Override
    public void visit(Loop loop) {
        throw refused();
    }

    @Override
    public void visit(Jump jump) {
        throw refused();
    }

    @Override
    public void visit(Fork fork) {
        throw refused();
    }

    @Override
    public void visit(Fail fail) {
        throw refused();
    }

    @Override
    public void visit(Step inner) {
        throw refused();
    }

    private IllegalArgumentException refused() {
        return new IllegalArgumentException(step.subject() + ": jbox's own part has calls and effects only");
    }

    /** Carries an undo out, when the time comes. */
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
