package io.jbox.launch;

import io.jbox.compile.Assembler;
import io.jbox.compile.Image;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Poll;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Descriptors;
import io.jbox.plan.MonitorLife;
import io.jbox.problem.JboxException;
import io.jbox.program.Actor;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts boxes below a monitor.
 *
 * <p>No process shares the JVM's memory for longer than it takes to execute the monitor's image, and none of the box's
 * ever does: init's program lies in memory of its own, which only the monitor maps, privately. What fails there comes
 * back through the exec pipe, as the ops themselves with their results.
 */
public final class MonitorLauncher {
    private final Kernel kernel;

    public MonitorLauncher(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Who carries out what is no system call, and is told when there are processes. */
    public interface Stages extends Effects {
        /** Monitor and first process exist; the first process has done nothing yet. */
        void made(int monitor, int init);

        /**
         * The box's program runs.
         *
         * @param console number of the descriptor in the monitor; negative for none
         * @param ttys the same of the other terminals
         */
        void runs(int console, List<Integer> ttys);
    }

    /**
     * Returns when the box's program runs.
     *
     * @param foreground whether the caller wants to hold the console and the first process
     * @throws JboxException if any step fails; everything before it is undone then
     */
    public MonitoredBox launch(Plan plan, boolean foreground, Stages stages) {
        StepRunner runner = new StepRunner(kernel, plan.box(), stages);
        try {
            MonitoredBox box = launch(plan, foreground, stages, runner);
            runner.closeAll();
            return box;
        } catch (RuntimeException | Error e) {
            runner.undo();
            throw e;
        }
    }

    private MonitoredBox launch(Plan plan, boolean foreground, Stages stages, StepRunner runner) {
        for (Step step : plan.steps(Phase.PREPARE)) {
            runner.run(step, 0);
        }
        List<Step> setUp = plan.steps(Phase.INIT);
        List<Step> live = plan.steps(Phase.LIVE);
        Image init = new Image(kernel, MonitorLife.INIT_ADDRESS, runner.open(), List.of(setUp)).add(Actor.INIT, setUp);
        runner.open().put(Descriptors.INIT_PROGRAM, init.memory("jbox-init"));
        Image monitor = new Image(kernel, ElfImage.DATA_ADDRESS, runner.open(), List.of(live))
                .knowing(Actor.INIT, init)
                .knowing(Descriptors.INIT_PROGRAM, init)
                .add(Actor.MONITOR, live);
        runner.open().put(Descriptors.IMAGE, monitor.executable("jbox-monitor", Actor.MONITOR));
        try (Arena arena = kernel.arena()) {
            CloneFrame frame =
                    new CloneFrame(kernel, plan.box(), plan.steps(Phase.MAKE).get(0));
            Assembler become = frame.assemble(arena.program(), plan.steps(Phase.BECOME), runner.open());
            BoxProcess process = frame.walk();
            int initPidfd = -1;
            try {
                runner.close(Descriptors.SYNC);
                runner.close(Descriptors.EXEC);
                int exec = runner.number(Descriptors.EXEC_READ);
                int initPid = readInitPid(plan, monitor, init, become, exec);
                initPidfd = (int) kernel.call(Syscall.PIDFD_OPEN, initPid, 0);
                stages.made(process.pid(), initPid);
                for (Step step : plan.steps(Phase.CONNECT)) {
                    runner.run(step, initPid, initPidfd, "first process");
                }
                release(plan, runner, initPid, initPidfd);
                if (!plan.steps(Phase.SET_UP).isEmpty()) {
                    waitForSetUp(plan, init, runner, initPid, initPidfd);
                }
                failIfNotRunning(plan, init, ExecPipe.readAll(kernel, exec));
                stages.runs(masterOf(runner), ttysOf(runner));
                for (Step step : plan.steps(Phase.FINISH)) {
                    runner.run(step, initPid);
                }
                MonitoredBox box = new MonitoredBox(
                        process.pid(),
                        process.pidfd(),
                        initPid,
                        masterOf(runner),
                        ttysOf(runner),
                        foreground ? initPidfd : -1,
                        foreground ? masterOf(runner) : -1);
                if (foreground) {
                    runner.open().remove(Descriptors.MASTER);
                } else {
                    kernel.call(Syscall.CLOSE, initPidfd);
                }
                return box;
            } catch (RuntimeException | Error e) {
                abort(process, initPidfd);
                RuntimeException first = first(plan, become, init, runner, e);
                if (initPidfd >= 0) {
                    kernel.call(Syscall.CLOSE, initPidfd);
                }
                throw first;
            }
        }
    }

    private static void release(Plan plan, StepRunner runner, int initPid, int initPidfd) {
        for (Step step : plan.steps(Phase.RELEASE)) {
            runner.run(step, initPid, initPidfd, "first process");
        }
    }

    private static int masterOf(StepRunner runner) {
        return runner.open().getOrDefault(Descriptors.MASTER, -1);
    }

    private static List<Integer> ttysOf(StepRunner runner) {
        List<Integer> ttys = new ArrayList<>();
        for (int i = 1; runner.open().containsKey(Descriptors.ttyMaster(i)); i++) {
            ttys.add(runner.number(Descriptors.ttyMaster(i)));
        }
        return ttys;
    }

    /** The first message of the exec pipe: both pids, or the ops of a monitor that failed. */
    private int readInitPid(Plan plan, Image monitor, Image init, Assembler become, int exec) {
        byte[] pids = ExecPipe.read(kernel, exec, ExecPipe.PIDS);
        int child = ExecPipe.child(pids);
        if (child != 0) {
            return child;
        }
        JboxException failure = become.findFailure(plan.box());
        if (failure == null) {
            byte[] report = ExecPipe.readAll(kernel, exec, pids);
            if (report.length == monitor.reportLength()) {
                failure = monitor.failure(plan.box(), report);
            } else if (report.length >= init.reportLength()) {
                // An init that fails at once can be faster than the monitor's message.
                failure = init.failure(plan.box(), report);
            }
        }
        // Whatever fails is reported; one that says nothing had no time to.
        throw failure == null
                ? new JboxException(plan.box() + ": the monitor was killed before it made the first process")
                : failure;
    }

    /** Hooks start-host: INIT says when it has come so far, and waits again. */
    private void waitForSetUp(Plan plan, Image init, StepRunner runner, int initPid, int initPidfd) {
        int exec = runner.number(Descriptors.EXEC_READ);
        byte[] message = ExecPipe.read(kernel, exec, init.reportLength());
        if (message.length != 1) {
            failIfNotRunning(plan, init, ExecPipe.readAll(kernel, exec, message));
        }
        for (Step step : plan.steps(Phase.SET_UP)) {
            runner.run(step, initPid);
        }
        if (runner.hasEnded(initPidfd)) {
            throw new JboxException(plan.box() + ": the first process was killed while its hooks ran");
        }
        release(plan, runner, initPid, initPidfd);
    }

    private static void failIfNotRunning(Plan plan, Image init, byte[] report) {
        if (report.length > 0) {
            JboxException failure = init.failure(plan.box(), report);
            throw failure == null ? new JboxException(plan.box() + ": the first process died") : failure;
        }
    }

    /** A step of ours that failed because the process was dead already is not what went wrong. */
    private RuntimeException first(Plan plan, Assembler become, Image init, StepRunner runner, Throwable thrown) {
        JboxException failure = become.findFailure(plan.box());
        if (failure != null) {
            return failure;
        }
        Integer exec = runner.open().get(Descriptors.EXEC_READ);
        if (exec != null) {
            byte[] report = ExecPipe.readAll(kernel, exec);
            if (report.length >= Op.SIZE) {
                try {
                    failIfNotRunning(plan, init, report);
                } catch (JboxException e) {
                    return e;
                }
            }
        }
        if (thrown instanceof Error error) {
            throw error;
        }
        return (RuntimeException) thrown;
    }

    /** Ends monitor and first process, and returns when both have ended. */
    private void abort(BoxProcess monitor, int initPidfd) {
        monitor.kill();
        monitor.waitFor();
        monitor.close();
        if (initPidfd >= 0) {
            kernel.call(Syscall.PIDFD_SEND_SIGNAL, initPidfd, Constants.SIGKILL, 0, 0);
            Poll.isReadable(kernel, initPidfd, -1);
        }
    }
}
