package io.jbox.launch;

import io.jbox.compile.Assembler;
import io.jbox.compile.Image;
import io.jbox.kernel.Arena;
import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Descriptors;
import io.jbox.problem.JboxException;
import io.jbox.program.Actor;
import io.jbox.program.Descriptor;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import java.util.List;
import java.util.Map;

/** Starts commands in boxes that run. */
public final class JoinLauncher {
    private final Kernel kernel;

    public JoinLauncher(Kernel kernel) {
        this.kernel = kernel;
    }

    /**
     * Returns when the command runs. It dies with the calling thread.
     *
     * @param given descriptors to go by and to take over: TARGET, and MASTER and CONSOLE where there is a terminal
     * @param effects carries out what is no system call
     * @throws JboxException if any step fails; with the codes of a shell where it is the command's execution
     */
    public BoxProcess launch(Plan plan, Map<Descriptor, Integer> given, Effects effects) {
        StepRunner runner = new StepRunner(kernel, plan.box(), effects);
        runner.open().putAll(given);
        try {
            return launch(plan, runner);
        } catch (RuntimeException | Error e) {
            runner.undo();
            throw e;
        }
    }

    private BoxProcess launch(Plan plan, StepRunner runner) {
        for (Step step : plan.steps(Phase.PREPARE)) {
            runner.run(step, 0);
        }
        List<Step> live = plan.steps(Phase.LIVE);
        List<Step> command = plan.steps(Phase.COMMAND);
        Image image = new Image(kernel, ElfImage.DATA_ADDRESS, runner.open(), List.of(live, command))
                .add(Actor.COMMAND, command)
                .add(Actor.JOINER, live);
        runner.open().put(Descriptors.IMAGE, image.executable("jbox-exec", Actor.JOINER));
        try (Arena arena = kernel.arena()) {
            CloneFrame frame =
                    new CloneFrame(kernel, plan.box(), plan.steps(Phase.MAKE).get(0));
            Assembler become = frame.assemble(arena.program(), plan.steps(Phase.BECOME), runner.open());
            BoxProcess joiner = frame.walk();
            try {
                runner.close(Descriptors.SYNC);
                runner.close(Descriptors.EXEC);
                runner.close(Descriptors.STATUS);
                int exec = runner.number(Descriptors.EXEC_READ);
                byte[] message = ExecPipe.read(kernel, exec, ExecPipe.PIDS);
                int pid = ExecPipe.child(message);
                if (pid == 0) {
                    throw failure(plan, become, image, ExecPipe.readAll(kernel, exec, message));
                }
                // It waits for us, so its id is nobody else's.
                int pidfd = (int) kernel.call(Syscall.PIDFD_OPEN, pid, 0);
                if (pidfd < 0 && pidfd != -Errno.ESRCH) {
                    // Nobody could signal it, or see its end.
                    throw new JboxException(plan.box() + ": the command: pidfd_open: " + Errno.describe(-pidfd));
                }
                joiner.watch(pid, pidfd);
                try {
                    for (Phase phase : List.of(Phase.CONNECT, Phase.RELEASE)) {
                        for (Step step : plan.steps(phase)) {
                            runner.run(step, pid, pidfd, "command");
                        }
                    }
                } catch (JboxException e) {
                    // A command that has failed by itself says why.
                    byte[] own = runner.hasEnded(pidfd) ? ExecPipe.readAll(kernel, exec) : new byte[0];
                    throw own.length > 0 ? failure(plan, become, image, own) : e;
                }
                byte[] report = ExecPipe.readAll(kernel, exec);
                if (report.length > 0) {
                    throw failure(plan, become, image, report);
                }
                joiner.adopt(runner.handOver());
                return joiner;
            } catch (RuntimeException | Error e) {
                joiner.abandon();
                joiner.close();
                throw e;
            }
        }
    }

    private static JboxException failure(Plan plan, Assembler become, Image image, byte[] report) {
        JboxException failure = become.findFailure(plan.box());
        if (failure == null && report.length >= image.reportLength()) {
            failure = image.failure(plan.box(), report);
        }
        return failure == null ? new JboxException(plan.box() + ": the joiner was killed") : failure;
    }
}
