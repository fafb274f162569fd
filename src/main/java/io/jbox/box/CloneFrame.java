package io.jbox.box;

import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Call;
import io.jbox.plan.Descriptor;
import io.jbox.plan.Step;
import io.jbox.problem.JboxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The calls around a {@code clone3}, and what the child does: block signals, clone, restore; the child goes its own way. */
final class CloneFrame {
    private static final String CLONE = "clone3";
    private static final int DIED = 127;

    private final Kernel kernel;
    private final String box;
    private final Step cloneStep;
    private final List<Op> ops = new ArrayList<>();

    CloneFrame(Kernel kernel, String box, Step cloneStep) {
        this.kernel = kernel;
        this.box = box;
        this.cloneStep = cloneStep;
    }

    /** Which of the steps makes the process. */
    static int indexOfClone(List<Step> steps) {
        for (int i = 0; i < steps.size(); i++) {
            for (Call call : steps.get(i).calls()) {
                if (call.name().equals(CLONE)) {
                    return i;
                }
            }
        }
        throw new IllegalArgumentException("a plan without " + CLONE);
    }

    /** Puts the program together; returns the assembler of the child's part. */
    Assembler assemble(
            Program program, List<Step> childSteps, Map<Descriptor, Integer> open, ArgumentWriter arguments) {
        Op die = program.op(Syscall.EXIT_GROUP, DIED);
        int cloneIndex = -1;
        for (Call call : cloneStep.calls()) {
            Op op = program.op(Syscall.of(call.name()));
            for (int i = 0; i < call.arguments().size(); i++) {
                arguments.write(op, i, call.arguments().get(i));
            }
            if (call.name().equals(CLONE)) {
                cloneIndex = ops.size();
            }
            ops.add(op);
        }
        ops.get(ops.size() - 1).next(0);
        ops.get(cloneIndex).onZero(program.next());
        // What the calls before it have changed is changed back, without a child.
        for (Op before : ops.subList(0, cloneIndex)) {
            before.onNegative(ops.get(cloneIndex + 1).address());
        }
        Assembler assembler = new Assembler(program, open, arguments, die.address());
        assembler.add(childSteps);
        // Only reached if execve returned a success, which it never does.
        program.op(Syscall.EXIT_GROUP, DIED);
        return assembler;
    }

    /**
     * Walks the program: on return the child exists.
     *
     * @throws JboxException if it could not be made
     */
    void walk() {
        if (ops.isEmpty()) {
            throw new IllegalStateException("not assembled");
        }
        kernel.walk(ops.get(0).address());
        for (int i = 0; i < ops.size(); i++) {
            // The child writes its own 0 to clone3's, too: only a negative result says something.
            long result = ops.get(i).result();
            if (result < 0) {
                throw new JboxException(
                        Assembler.problem(box, cloneStep, cloneStep.calls().get(i), result));
            }
        }
    }
}
