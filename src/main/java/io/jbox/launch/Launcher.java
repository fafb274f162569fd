package io.jbox.launch;

import io.jbox.compile.Assembler;
import io.jbox.compile.Image;
import io.jbox.compile.ProgramSize;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Dumpability;
import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Descriptors;
import io.jbox.problem.JboxException;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Carries a {@link Plan} out. Stateless: one may serve any number of launches, from any number of threads. */
public final class Launcher {
    private final Kernel kernel;

    public Launcher(Kernel kernel) {
        this.kernel = kernel;
    }

    /**
     * Starts a box, and returns when its program runs.
     *
     * <p>The box dies with the calling thread (PR_SET_PDEATHSIG).
     *
     * @param effects carries out what is no system call; what BEGIN has is done already
     * @throws JboxException if any step fails; everything before it is undone then
     */
    public BoxProcess launch(Plan plan, Effects effects) {
        StepRunner runner = new StepRunner(kernel, plan.box(), effects);
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
        for (Step step : plan.steps()) {
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
        int image = supervisor(plan, open).executable("jbox-init", Actor.PID_1);
        open.put(Descriptors.IMAGE, image);
        try (Arena arena = kernel.arena()) {
            new CloneFrame(kernel, plan.box(), fork(plan)).assemble(arena.program(), plan.steps(Phase.INIT), open);
        }
        kernel.call(Syscall.CLOSE, image);
    }

    private static Step fork(Plan plan) {
        return plan.steps(Phase.MAKE).get(0);
    }

    /** The small PID 1 of {@code run}, and the command. */
    private Image supervisor(Plan plan, Map<Descriptor, Integer> open) {
        List<Step> supervise = plan.steps(Phase.SUPERVISE);
        List<Step> command = plan.steps(Phase.COMMAND);
        return new Image(kernel, ElfImage.DATA_ADDRESS, open, List.of(supervise, command))
                .add(Actor.COMMAND, command)
                .add(Actor.PID_1, supervise);
    }

    private BoxProcess launch(Plan plan, StepRunner runner) {
        for (Step step : plan.steps(Phase.PREPARE)) {
            runner.run(step, 0);
        }
        Image supervisor = null;
        if (!plan.steps(Phase.SUPERVISE).isEmpty()) {
            supervisor = supervisor(plan, runner.open());
            runner.open().put(Descriptors.IMAGE, supervisor.executable("jbox-init", Actor.PID_1));
        }
        List<Step> init = plan.steps(Phase.INIT);
        try (Arena arena = kernel.arena(ProgramSize.of(init))) {
            CloneFrame frame = new CloneFrame(kernel, plan.box(), fork(plan));
            Assembler assembler = frame.assemble(arena.program(), init, runner.open());
            BoxProcess process = frame.walk();
            try {
                runner.close(Descriptors.SYNC);
                runner.close(Descriptors.EXEC);
                runner.close(Descriptors.STATUS);
                for (Phase phase : List.of(Phase.CONNECT, Phase.RELEASE)) {
                    for (Step step : plan.steps(phase)) {
                        runner.run(step, process.pid(), process.pidfd(), "first process");
                    }
                }
                byte[] report = ExecPipe.readAll(kernel, runner.number(Descriptors.EXEC_READ));
                failIfNotRunning(plan, assembler, supervisor, report);
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
            process.adopt(runner.handOver());
            return process;
        }
    }

    /** A first process that was killed shows in its wait status, like one that was killed later. */
    private static void failIfNotRunning(Plan plan, Assembler assembler, @Nullable Image supervisor, byte[] report) {
        JboxException failure = assembler.findFailure(plan.box());
        if (failure == null && supervisor != null && report.length > 0) {
            failure = supervisor.failure(plan.box(), report);
        }
        if (failure != null) {
            throw failure;
        }
    }
}
