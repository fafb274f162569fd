package io.jbox.launch;

import io.jbox.compile.ProgramSize;
import io.jbox.compile.ReportedFailures;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Dumpability;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Pidfd;
import io.jbox.number.Pid;
import io.jbox.plan.Descriptors;
import io.jbox.problem.JboxException;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Carries out {@link Plan plans} phase by phase. It has no state: one instance may serve any number of launches and
 * threads.
 *
 * <p>With a monitor, and when joining a box, a process shares the JVM's memory only until it executes its own program.
 * Its failures come back through the exec pipe ({@link Report}).
 */
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
     * @param effects carries out what is no system call
     * @throws JboxException if any step fails; everything before it is undone then
     */
    public BoxProcess launch(Plan plan, Effects effects) {
        StepRunner runner = new StepRunner(kernel, plan.box(), effects);
        try {
            Plan begun = begin(plan, runner, effects);
            try (Dumpability dumpability = Dumpability.ofLaunch(kernel)) {
                return adopted(launch(begun, runner, effects), runner);
            }
        } catch (RuntimeException | Error e) {
            runner.fail(e);
            throw e;
        }
    }

    /**
     * Starts a command in a running box, and returns when the command runs. It dies with the calling thread.
     *
     * @param effects carries out what is not a system call, above all finding the box
     * @throws JboxException if any step fails; with a shell's exit code if the command cannot be executed
     */
    public BoxProcess join(Plan plan, Effects effects) {
        StepRunner runner = new StepRunner(kernel, plan.box(), effects);
        try {
            return adopted(launch(begin(plan, runner, effects), runner, effects), runner);
        } catch (RuntimeException | Error e) {
            runner.fail(e);
            throw e;
        }
    }

    /**
     * Starts a box below a monitor, and returns when its program runs.
     *
     * @param foreground whether the caller wants to hold the console and the first process
     * @throws JboxException if any step fails; everything before it is undone then
     */
    public MonitoredBox start(Plan plan, boolean foreground, Effects effects) {
        StepRunner runner = new StepRunner(kernel, plan.box(), effects);
        try {
            Launched launched = launch(begin(plan, runner, effects), runner, effects);
            BoxProcess monitor = launched.child();
            Fd master = null;
            if (foreground) {
                master = runner.holdings().take(Descriptors.MASTER);
            } else {
                launched.pidfd().close();
            }
            runner.closeAll();
            return new MonitoredBox(
                    monitor.pid(), monitor.pidfd(), launched.pid(), foreground ? launched.pidfd() : null, master);
        } catch (RuntimeException | Error e) {
            runner.fail(e);
            throw e;
        }
    }

    /**
     * Gives interfaces to a running box.
     *
     * @param init the box's first process
     * @throws JboxException if a step fails; a host interface that has already moved is in the journal
     */
    public void connect(Plan plan, int init) {
        StepRunner runner = new StepRunner(kernel, plan.box(), Effects.NONE);
        try {
            runner.run(plan.steps(Phase.CONNECT), init);
        } catch (RuntimeException | Error e) {
            runner.fail(e);
            throw e;
        }
        runner.closeAll();
    }

    /**
     * Replaces this process with a namespace tool; does not return if that succeeds.
     *
     * @param given the descriptors that the plan begins with
     */
    public JboxException become(Plan plan, Map<Descriptor, Fd> given) {
        StepRunner runner = new StepRunner(kernel, plan.box(), Effects.NONE);
        runner.holdings().given(given);
        try {
            runner.run(plan.steps(Phase.PREPARE), 0);
            runner.assemble(plan);
            runner.run(plan.steps(Phase.BECOME), 0);
            throw new IllegalStateException(plan.box() + " was executed, and it is still jbox");
        } catch (JboxException e) {
            return new JboxException(e.problems(), Programs.FAILED);
        }
    }

    /** Assembles a tool's program and discards it, to load its classes. */
    public void rehearse(Plan plan, Map<Descriptor, Fd> given) {
        StepRunner runner = new StepRunner(kernel, plan.box(), Effects.NONE);
        runner.holdings().given(given);
        runner.assemble(plan);
        runner.holdings().close(Descriptors.IMAGE);
    }

    /**
     * Does the parts of a launch that need neither privilege nor the host: assembles the programs and discards them.
     * This serves to record the classes that a launch loads.
     */
    public void rehearse(Plan plan) {
        StepRunner runner = new StepRunner(kernel, plan.box(), Effects.NONE);
        Map<Descriptor, Fd> open = new HashMap<>();
        for (Step step : plan.steps()) {
            for (Call call : step.calls()) {
                if (call.result() != null) {
                    open.put(call.result(), Fd.borrowed(kernel, 3 + open.size()));
                }
                if (!call.arguments().isEmpty() && call.arguments().get(0) instanceof Arg.Pair pair) {
                    open.put(pair.first(), Fd.borrowed(kernel, 3 + open.size()));
                    open.put(pair.second(), Fd.borrowed(kernel, 3 + open.size()));
                }
            }
        }
        runner.holdings().given(open);
        Programs programs = runner.assemble(plan);
        try (Arena arena = kernel.arena()) {
            frame(plan)
                    .assemble(
                            arena.program(),
                            plan.steps(programs.way().ours()),
                            runner.holdings().numbers());
        }
        runner.holdings().close(Descriptors.IMAGE);
    }

    private CloneFrame frame(Plan plan) {
        return new CloneFrame(kernel, plan.box(), plan.steps(Phase.MAKE).get(0));
    }

    /**
     * The processes that a launch has made.
     *
     * @param child jbox's child
     * @param pid of the main process: jbox's child, or the one that this has made
     * @param pidfd of the same
     */
    private record Launched(BoxProcess child, int pid, Fd pidfd) {}

    private static Plan begin(Plan plan, StepRunner runner, Effects effects) {
        runner.run(plan.steps(Phase.BEGIN), 0);
        return effects.begun(plan);
    }

    private Launched launch(Plan plan, StepRunner runner, Effects effects) {
        runner.run(plan.steps(Phase.PREPARE), 0);
        Programs programs = runner.assemble(plan);
        List<Step> ours = plan.steps(programs.way().ours());
        try (Arena arena = kernel.arena(ProgramSize.of(ours))) {
            CloneFrame frame = frame(plan);
            ReportedFailures shared =
                    frame.assemble(arena.program(), ours, runner.holdings().numbers());
            Report report = new Report(
                    kernel, plan.box(), programs, shared, runner.holdings().get(Descriptors.EXEC_READ));
            int before = runner.holdings().count();
            try {
                BoxProcess child = frame.walk(runner);
                runner.run(plan.steps(Phase.LEAVE), 0);
                runner.run(plan.steps(Phase.HEAR), 0);
                int pid = child.pid();
                Fd pidfd = child.pidfd();
                String who = programs.way().watched();
                if (programs.child() != null) {
                    pid = report.made(runner.holdings());
                    hold(plan, runner, pid, who);
                    pidfd = runner.holdings().get(Descriptors.MADE);
                }
                runner.run(plan.steps(Phase.CONNECT), pid, pidfd, who);
                runner.run(plan.steps(Phase.RELEASE), pid, pidfd, who);
                await(plan.steps(Phase.AWAIT_SET_UP), runner, report);
                runner.run(plan.steps(Phase.SET_UP), pid);
                runner.run(plan.steps(Phase.RESUME), pid, pidfd, who);
                await(plan.steps(Phase.AWAIT_EXECUTION), runner, report);
                runner.run(plan.steps(Phase.FINISH), pid);
                runner.holdings().take(Descriptors.MADE);
                runner.holdings().stays();
                if (programs.way() == Programs.Way.JOINED) {
                    child.watch(pid, pidfd);
                }
                return new Launched(child, pid, pidfd);
            } catch (RuntimeException | Error e) {
                runner.holdings().undo(before, e);
                frame.forget();
                // The report ends once no process holds the exec pipe's write end, and a process that still waits for
                // jbox must see the sync pipe end.
                runner.holdings().close(Descriptors.EXEC);
                runner.holdings().close(Descriptors.SYNC_WRITE);
                throw report.reason(e);
            }
        }
    }

    /** Takes steps that read the exec pipe. If they fail, what the process has reported is the reason. */
    private static void await(List<Step> steps, StepRunner runner, Report report) {
        Holdings holdings = runner.holdings();
        holdings.forget(Descriptors.TOLD);
        try {
            runner.run(steps, 0);
        } catch (JboxException e) {
            byte[] begun = holdings.bytes(Descriptors.REPORT, Descriptors.TOLD);
            throw begun == null ? e : report.failure(begun, e);
        }
        report.refuseFailure();
    }

    private void hold(Plan plan, StepRunner runner, int pid, String who) {
        try {
            runner.run(plan.steps(Phase.HOLD), pid);
        } catch (JboxException e) {
            try (Fd alive = Pidfd.find(kernel, new Pid(pid))) {
                throw alive == null ? new JboxException(plan.box() + ": the " + who + " was killed") : e;
            }
        }
    }

    private static BoxProcess adopted(Launched launched, StepRunner runner) {
        launched.child().adopt(runner.holdings().copy());
        return launched.child();
    }
}
