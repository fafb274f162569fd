package io.jbox.box;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Poll;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Actor;
import io.jbox.plan.Descriptor;
import io.jbox.plan.Descriptors;
import io.jbox.plan.Plan;
import io.jbox.plan.Step;
import io.jbox.problem.JboxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Starts boxes below a monitor.
 *
 * <p>No process shares the JVM's memory for longer than it takes to execute the monitor's image, and none of the box's
 * ever does: init's program lies in memory of its own, which only the monitor maps, privately. What fails there comes
 * back through the exec pipe, as the ops themselves with their results.
 */
public final class MonitorLauncher {
    private static final int INIT_SIZE = 256 * 1024;
    private static final int PIDS = 2 * Integer.BYTES;

    private final Kernel kernel;

    public MonitorLauncher(Kernel kernel) {
        this.kernel = kernel;
    }

    /** What the caller does in between. */
    public interface Stages {
        /** Monitor and first process exist; the first process has done nothing yet, and will not until this returns. */
        void made(int monitor, int init);

        /** The box's interfaces are there; the first process has still done nothing. */
        void connected();

        /** The box is set up, its program not yet executed; only if there are hooks start-host. */
        void setUp();
    }

    /**
     * Returns when the box's program runs.
     *
     * @param given descriptors that are open already; closed when it returns
     * @throws JboxException if any step fails; everything before it is undone then
     */
    public MonitoredBox launch(Plan plan, Map<Descriptor, Integer> given, MonitorTasks tasks, Stages stages) {
        StepRunner runner = new StepRunner(kernel, plan.box());
        runner.open().putAll(given);
        try {
            MonitoredBox box = launch(plan, tasks, stages, runner);
            runner.closeAll();
            return box;
        } catch (RuntimeException | Error e) {
            runner.undo();
            throw e;
        }
    }

    /** INIT's program, in memory that nobody else has. */
    private record InitProgram(ByteBuffer memory, Program program, Assembler assembler, long first) {}

    private InitProgram assemble(Plan plan, Map<Descriptor, Integer> numbers) {
        ByteBuffer memory = ByteBuffer.allocate(ProgramSize.of(plan.steps(Actor.INIT), INIT_SIZE))
                .order(ByteOrder.LITTLE_ENDIAN);
        Program program = new Program(kernel.processor(), memory, MonitorImage.INIT_ADDRESS);
        // INIT's own map: the numbers that it gives to its descriptors are nobody else's.
        Map<Descriptor, Integer> open = new HashMap<>(numbers);
        Op report = program.op(Syscall.WRITE, StepRunner.number(open, Descriptors.EXEC), MonitorImage.INIT_ADDRESS, 0);
        program.op(Syscall.EXIT_GROUP, 127);
        long first = program.next();
        Assembler assembler = new Assembler(program, open, new ArgumentWriter(program, open, 0), report.address());
        assembler.add(plan.steps(Actor.INIT));
        program.op(Syscall.EXIT_GROUP, 127);
        report.argument(2, program.opsLength());
        return new InitProgram(memory, program, assembler, first);
    }

    private MonitoredBox launch(Plan plan, MonitorTasks tasks, Stages stages, StepRunner runner) {
        List<Step> own = plan.steps(Actor.JBOX);
        int cloneIndex = CloneFrame.indexOfClone(own);
        for (Step step : own.subList(0, cloneIndex)) {
            runner.run(step, 0);
        }
        InitProgram init = assemble(plan, runner.open());
        runner.open()
                .put(Descriptors.INIT_PROGRAM, ElfImage.createMemory(kernel, "jbox-init", init.memory, init.program));
        List<Step> monitorSteps = plan.steps(Actor.MONITOR);
        MonitorImage image =
                new MonitorImage(kernel, monitorSteps, runner.open(), init.first, init.memory.capacity(), tasks);
        runner.open().put(Descriptors.IMAGE, image.create(kernel));
        try (Arena arena = kernel.arena()) {
            ArgumentWriter arguments = new ArgumentWriter(arena.program(), new HashMap<>(runner.open()), 0);
            CloneFrame frame = new CloneFrame(kernel, plan.box(), own.get(cloneIndex));
            Assembler become = frame.assemble(
                    arena.program(), monitorSteps.subList(0, 1), new HashMap<>(runner.open()), arguments);
            frame.walk();
            int pid = arena.program().readInt(arguments.cell("child-pid", Long.BYTES));
            int pidfd = arena.program().readInt(arguments.cell("child-pidfd", Long.BYTES));
            BoxProcess monitor = new BoxProcess(kernel, pid, pidfd);
            int initPidfd = -1;
            try {
                runner.close(Descriptors.SYNC);
                runner.close(Descriptors.EXEC);
                int exec = runner.number(Descriptors.EXEC_READ);
                int initPid = readInitPid(plan, image, become, exec);
                initPidfd = (int) kernel.call(Syscall.PIDFD_OPEN, initPid, 0);
                stages.made(pid, initPid);
                for (Step step : own.subList(cloneIndex + 1, own.size() - 1)) {
                    runner.run(step, initPid, initPidfd);
                }
                stages.connected();
                // The last step lets the first process go on.
                runner.run(own.get(own.size() - 1), initPid, initPidfd);
                if (tasks.startHost()) {
                    waitForSetUp(plan, init, runner, initPidfd, stages);
                }
                failIfNotRunning(plan, init, ExecPipe.readAll(kernel, exec));
                MonitoredBox box = new MonitoredBox(
                        pid,
                        pidfd,
                        initPid,
                        masterOf(runner),
                        ttysOf(runner),
                        tasks.foreground() ? initPidfd : -1,
                        tasks.foreground() ? masterOf(runner) : -1);
                if (tasks.foreground()) {
                    runner.open().remove(Descriptors.MASTER);
                } else {
                    kernel.call(Syscall.CLOSE, initPidfd);
                }
                return box;
            } catch (RuntimeException | Error e) {
                abort(monitor, initPidfd);
                RuntimeException first = first(plan, become, init, runner, e);
                if (initPidfd >= 0) {
                    kernel.call(Syscall.CLOSE, initPidfd);
                }
                throw first;
            }
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
    private int readInitPid(Plan plan, MonitorImage image, Assembler become, int exec) {
        byte[] pids = ExecPipe.read(kernel, exec, PIDS);
        int init = pids.length == PIDS
                ? ByteBuffer.wrap(pids).order(ByteOrder.LITTLE_ENDIAN).getInt(Integer.BYTES)
                : 0;
        if (init != 0) {
            return init;
        }
        JboxException failure = become.findFailure(plan.box());
        if (failure != null) {
            throw failure;
        }
        throw image.failure(plan.box(), ExecPipe.readAll(kernel, exec, pids));
    }

    /** Hooks start-host: INIT says when it has come so far, and waits again. */
    private void waitForSetUp(Plan plan, InitProgram init, StepRunner runner, int initPidfd, Stages stages) {
        int exec = runner.number(Descriptors.EXEC_READ);
        byte[] message = ExecPipe.read(kernel, exec, init.memory.capacity() / 2);
        if (message.length != 1) {
            failIfNotRunning(plan, init, ExecPipe.readAll(kernel, exec, message));
        }
        stages.setUp();
        if (runner.hasEnded(initPidfd)) {
            throw new JboxException(plan.box() + ": the first process was killed while its hooks ran");
        }
        runner.release();
    }

    private static void failIfNotRunning(Plan plan, InitProgram init, byte[] report) {
        if (report.length > 0) {
            init.memory.put(0, report, 0, Math.min(report.length, init.program.opsLength()));
            JboxException failure = init.assembler.findFailure(plan.box());
            throw failure == null ? new JboxException(plan.box() + ": the first process died") : failure;
        }
    }

    /** A step of ours that failed because the process was dead already is not what went wrong. */
    private RuntimeException first(Plan plan, Assembler become, InitProgram init, StepRunner runner, Throwable thrown) {
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
