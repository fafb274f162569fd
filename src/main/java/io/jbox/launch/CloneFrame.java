package io.jbox.launch;

import io.jbox.compile.ArgumentWriter;
import io.jbox.compile.Assembler;
import io.jbox.compile.CallProblem;
import io.jbox.compile.CellContent;
import io.jbox.compile.ReportedFailures;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.plan.Descriptors;
import io.jbox.problem.JboxException;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Fork;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.program.Undo;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The program of the step that makes a process: jbox blocks signals, clones and restores them, and the child continues
 * with its own steps.
 */
final class CloneFrame {
    private static final int DIED = 127;

    private final Kernel kernel;
    private final String box;
    private final Step cloneStep;
    private final List<Op> ops = new ArrayList<>();
    private @Nullable ArgumentWriter arguments;
    private final List<Statement> undoing = new ArrayList<>();
    private int pidfd = -1;

    CloneFrame(Kernel kernel, String box, Step cloneStep) {
        this.kernel = kernel;
        this.box = box;
        this.cloneStep = cloneStep;
    }

    /**
     * Puts the program together.
     *
     * @param open the numbers of all descriptors, the same in the child
     * @return reads how the child has failed
     */
    ReportedFailures assemble(Program program, List<Step> childSteps, Map<Descriptor, Integer> open) {
        ArgumentWriter writer = new ArgumentWriter(program, new HashMap<>(open), 0);
        arguments = writer;
        Op die = program.op(Syscall.EXIT_GROUP, DIED);
        Op fork = null;
        int forkIndex = 0;
        for (Statement statement : cloneStep.body()) {
            if (statement instanceof Undo undo) {
                undoing.add(undo);
                continue;
            }
            boolean forks = statement instanceof Fork;
            Call call = statement instanceof Fork made ? made.call() : (Call) statement;
            Op op = writer.op(call.syscall(), call.arguments());
            if (forks) {
                fork = op;
                forkIndex = ops.size();
            }
            ops.add(op);
        }
        if (fork == null) {
            throw new IllegalArgumentException(cloneStep.subject() + " makes no process");
        }
        ops.get(ops.size() - 1).next(0);
        // If a call before the clone fails, skip the clone: the calls behind it restore what was changed.
        for (Op before : ops.subList(0, forkIndex)) {
            before.onNegative(ops.get(forkIndex + 1).address());
        }
        ReportedFailures failures = new ReportedFailures(program, die.address());
        fork.onZero(program.next());
        new Assembler(program, writer, failures, Map.of()).add(childSteps);
        // Only reached if execve returned a success, which it never does.
        program.op(Syscall.EXIT_GROUP, DIED);
        return failures;
    }

    /**
     * Walks the program: on return the child exists.
     *
     * @param runner records how to undo it
     * @throws JboxException if it could not be made, or a later call failed
     */
    BoxProcess walk(StepRunner runner) {
        if (arguments == null) {
            throw new IllegalStateException("not assembled");
        }
        kernel.walk(ops.get(0).address());
        int pid = arguments.read(Descriptors.CHILD_PID);
        if (pid > 0) {
            pidfd = arguments.read(Descriptors.CHILD_PIDFD);
            runner.holdings().learnt(CellContent.of(Descriptors.CHILD_PID, pid));
            runner.holdings().learnt(CellContent.of(Descriptors.CHILD_PIDFD, pidfd));
            runner.made(cloneStep, undoing);
        }
        List<Call> calls = cloneStep.calls();
        for (int i = 0; i < ops.size(); i++) {
            // The child also writes its 0 to the clone's result, so only a negative result is meaningful.
            long result = ops.get(i).result();
            if (result < 0) {
                throw new JboxException(CallProblem.of(box, cloneStep, calls.get(i), result));
            }
        }
        return new BoxProcess(kernel, pid, Fd.of(kernel, pidfd));
    }

    /** Closes the child's pidfd after a failure. */
    void forget() {
        if (pidfd >= 0) {
            Fd.of(kernel, pidfd).close();
        }
    }
}
