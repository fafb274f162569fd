package io.jbox.box;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Actor;
import io.jbox.plan.Arg;
import io.jbox.plan.Call;
import io.jbox.plan.Descriptor;
import io.jbox.plan.Descriptors;
import io.jbox.plan.Plan;
import io.jbox.plan.Step;
import io.jbox.problem.JboxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Carries a {@link Plan} out. Stateless: one may serve any number of launches, from any number of threads. */
public final class Launcher {
    private static final String CLONE = "clone3";
    private static final int DIED = 127;

    private final Kernel kernel;

    public Launcher(Kernel kernel) {
        this.kernel = kernel;
    }

    /**
     * Starts a box, and returns when its program runs.
     *
     * <p>The box dies with the calling thread (PR_SET_PDEATHSIG).
     *
     * @throws JboxException if any step fails; everything before it is undone then
     */
    public BoxProcess launch(Plan plan) {
        StepRunner runner = new StepRunner(kernel, plan.box());
        try {
            return launch(plan, runner);
        } catch (RuntimeException | Error e) {
            runner.undo();
            throw e;
        }
    }

    /**
     * Does all of a launch that needs neither privilege nor the host: puts the programs together and forgets them. For
     * recording the classes that a launch loads.
     */
    public void rehearse(Plan plan) {
        Map<Descriptor, Integer> open = new HashMap<>();
        List<Step> own = plan.steps(Actor.JBOX);
        for (Step step : own) {
            for (Call call : step.calls()) {
                if (call.result() != null) {
                    open.put(call.result(), 3 + open.size());
                }
                if (!call.arguments().isEmpty() && call.arguments().get(0) instanceof Arg.Pair pair) {
                    open.put(pair.first(), 3 + open.size());
                    open.put(pair.second(), 3 + open.size());
                }
            }
        }
        int image = InitImage.create(kernel, plan.steps(Actor.COMMAND).get(0), 3, 4);
        open.put(Descriptors.IMAGE, image);
        try (Arena arena = kernel.arena()) {
            ArgumentWriter arguments = new ArgumentWriter(arena.program(), open, 0);
            program(arena.program(), own.get(indexOfClone(own)), plan, open, arguments);
        }
        kernel.call(Syscall.CLOSE, image);
    }

    private BoxProcess launch(Plan plan, StepRunner runner) {
        List<Step> own = plan.steps(Actor.JBOX);
        int cloneIndex = indexOfClone(own);
        for (Step step : own.subList(0, cloneIndex)) {
            runner.run(step, 0);
        }
        List<Step> command = plan.steps(Actor.COMMAND);
        if (!command.isEmpty()) {
            int image = InitImage.create(
                    kernel, command.get(0), runner.number(Descriptors.EXEC), runner.number(Descriptors.STATUS));
            runner.open().put(Descriptors.IMAGE, image);
        }
        try (Arena arena = kernel.arena()) {
            // The program's own map: the numbers that INIT gives to its descriptors are not ours to close.
            Map<Descriptor, Integer> open = new HashMap<>(runner.open());
            ArgumentWriter arguments = new ArgumentWriter(arena.program(), open, 0);
            Assembler assembler = cloneInit(arena.program(), own.get(cloneIndex), plan, open, arguments);
            int pid = arena.program().readInt(arguments.cell("init-pid", Long.BYTES));
            int pidfd = arena.program().readInt(arguments.cell("init-pidfd", Long.BYTES));
            BoxProcess process = new BoxProcess(kernel, pid, pidfd);
            try {
                runner.close(Descriptors.SYNC);
                runner.close(Descriptors.EXEC);
                runner.close(Descriptors.STATUS);
                for (Step step : own.subList(cloneIndex + 1, own.size())) {
                    runner.run(step, pid);
                }
                byte[] report = readReport(runner.number(Descriptors.EXEC_READ));
                failIfNotRunning(plan, assembler, report);
            } catch (RuntimeException | Error e) {
                process.kill();
                process.waitFor();
                process.close();
                // A step of ours that failed because the process was dead already is not what went wrong.
                JboxException first = assembler.findFailure(plan.box());
                if (first != null) {
                    throw first;
                }
                throw e;
            }
            process.adopt(runner.open());
            return process;
        }
    }

    private static int indexOfClone(List<Step> steps) {
        for (int i = 0; i < steps.size(); i++) {
            for (Call call : steps.get(i).calls()) {
                if (call.name().equals(CLONE)) {
                    return i;
                }
            }
        }
        throw new IllegalArgumentException("a plan without " + CLONE);
    }

    private record Assembled(Assembler assembler, Op first, Op cloneOp) {}

    /** Puts the program together: jbox's frame around clone3, and what the first process does. */
    private static Assembled program(
            Program program, Step cloneStep, Plan plan, Map<Descriptor, Integer> open, ArgumentWriter arguments) {
        Op die = program.op(Syscall.EXIT_GROUP, DIED);
        List<Op> ops = new ArrayList<>();
        Op clone = die;
        for (Call call : cloneStep.calls()) {
            Op op = program.op(Syscall.of(call.name()));
            for (int i = 0; i < call.arguments().size(); i++) {
                op.argument(i, arguments.write(call.arguments().get(i)));
            }
            if (call.name().equals(CLONE)) {
                clone = op;
            }
            ops.add(op);
        }
        ops.get(ops.size() - 1).next(0);
        clone.onZero(program.next());
        Assembler assembler = new Assembler(program, open, arguments, die.address());
        assembler.add(plan.steps(Actor.INIT));
        // Only reached if execve returned a success, which it never does.
        program.op(Syscall.EXIT_GROUP, DIED);
        return new Assembled(assembler, ops.get(0), clone);
    }

    /** Walks the program: on return the first process exists, and waits. */
    private Assembler cloneInit(
            Program program, Step cloneStep, Plan plan, Map<Descriptor, Integer> open, ArgumentWriter arguments) {
        Assembled assembled = program(program, cloneStep, plan, open, arguments);
        kernel.walk(assembled.first.address());
        // The child writes its own 0 here, too: only a negative result says something.
        long result = assembled.cloneOp.result();
        for (Call call : cloneStep.calls()) {
            if (call.name().equals(CLONE) && result < 0) {
                throw new JboxException(Assembler.problem(plan.box(), cloneStep, call, result));
            }
        }
        return assembled.assembler;
    }

    /** Blocks until the exec pipe closes: the program runs, or never will. */
    private byte[] readReport(int execRead) {
        byte[] report = new byte[0];
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long buffer = program.space(InitImage.MAX_REPORT);
            while (true) {
                Op read = program.op(Syscall.READ, execRead, buffer, InitImage.MAX_REPORT)
                        .next(0);
                kernel.walk(read.address());
                long result = read.result();
                if (result == -Errno.EINTR) {
                    continue;
                }
                if (result <= 0) {
                    return report;
                }
                byte[] more = program.read(buffer, (int) result);
                byte[] all = Arrays.copyOf(report, report.length + more.length);
                System.arraycopy(more, 0, all, report.length, more.length);
                report = all;
            }
        }
    }

    /** A first process that was killed shows in its wait status, like one that was killed later. */
    private static void failIfNotRunning(Plan plan, Assembler assembler, byte[] report) {
        JboxException failure = assembler.findFailure(plan.box());
        if (failure != null) {
            throw failure;
        }
        if (report.length > 0) {
            throw InitImage.failure(plan.steps(Actor.COMMAND).get(0), plan.box(), report);
        }
    }
}
