package io.jbox.box;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Dumpability;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Actor;
import io.jbox.plan.Arg;
import io.jbox.plan.Call;
import io.jbox.plan.Descriptor;
import io.jbox.plan.Descriptors;
import io.jbox.plan.Plan;
import io.jbox.plan.Step;
import io.jbox.problem.JboxException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Carries a {@link Plan} out. Stateless: one may serve any number of launches, from any number of threads. */
public final class Launcher {
    private static final int LEAST = 128 * 1024;

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
        try (Dumpability dumpability = Dumpability.ofLaunch(kernel)) {
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
            new CloneFrame(kernel, plan.box(), own.get(CloneFrame.indexOfClone(own)))
                    .assemble(arena.program(), plan.steps(Actor.INIT), open, arguments);
        }
        kernel.call(Syscall.CLOSE, image);
    }

    private BoxProcess launch(Plan plan, StepRunner runner) {
        List<Step> own = plan.steps(Actor.JBOX);
        int cloneIndex = CloneFrame.indexOfClone(own);
        for (Step step : own.subList(0, cloneIndex)) {
            runner.run(step, 0);
        }
        List<Step> command = plan.steps(Actor.COMMAND);
        if (!command.isEmpty()) {
            int image = InitImage.create(
                    kernel, command.get(0), runner.number(Descriptors.EXEC), runner.number(Descriptors.STATUS));
            runner.open().put(Descriptors.IMAGE, image);
        }
        try (Arena arena = kernel.arena(ProgramSize.of(plan.steps(Actor.INIT), LEAST))) {
            // The program's own map: the numbers that INIT gives to its descriptors are not ours to close.
            Map<Descriptor, Integer> open = new HashMap<>(runner.open());
            ArgumentWriter arguments = new ArgumentWriter(arena.program(), open, 0);
            CloneFrame frame = new CloneFrame(kernel, plan.box(), own.get(cloneIndex));
            Assembler assembler = frame.assemble(arena.program(), plan.steps(Actor.INIT), open, arguments);
            frame.walk();
            int pid = arena.program().readInt(arguments.cell("child-pid", Long.BYTES));
            int pidfd = arena.program().readInt(arguments.cell("child-pidfd", Long.BYTES));
            BoxProcess process = new BoxProcess(kernel, pid, pidfd);
            try {
                runner.close(Descriptors.SYNC);
                runner.close(Descriptors.EXEC);
                runner.close(Descriptors.STATUS);
                for (Step step : own.subList(cloneIndex + 1, own.size())) {
                    runner.run(step, pid, pidfd);
                }
                byte[] report = ExecPipe.readAll(kernel, runner.number(Descriptors.EXEC_READ));
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

    /** A first process that was killed shows in its wait status, like one that was killed later. */
    private static void failIfNotRunning(Plan plan, Assembler assembler, byte[] report) {
        JboxException failure = assembler.findFailure(plan.box());
        if (failure != null) {
            throw failure;
        }
        if (report.length > 0) {
            throw CommandProgram.failure(plan.steps(Actor.COMMAND), plan.box(), report);
        }
    }
}
