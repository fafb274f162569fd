package io.jbox.compile;

import io.jbox.facts.KnownCommand;
import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.plan.CompiledExec;
import io.jbox.plan.CompiledRun;
import io.jbox.plan.CompiledStart;
import io.jbox.plan.CompiledSteps;
import io.jbox.plan.CompiledStop;
import io.jbox.plan.Descriptors;
import io.jbox.plan.MonitorLife;
import io.jbox.program.Actor;
import io.jbox.program.Descriptor;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import java.util.List;
import java.util.Map;

/** Assembles the parts of a command's program. */
public final class CommandProgram {
    private static final int ENOUGH = 4 << 20;
    /** Memory is given in pages; the file is as long as the memory. */
    private static final int PAGE = 4096;

    private CommandProgram() {}

    /** {@code jbox exec}: the file to execute. */
    public static byte[] of(Kernel kernel, CompiledExec exec) {
        return build(kernel, exec.command(), program -> exec(kernel, exec, program));
    }

    /** Assembles a program. */
    private interface Parts {
        void addTo(Executable program);
    }

    private static Executable program(Kernel kernel, KnownCommand command, int bytes) {
        return new Executable(kernel, command.launcher(), bytes, CompiledSteps.FIRST_DESCRIPTOR);
    }

    /** Builds twice: the first build determines how much memory is needed. */
    private static byte[] build(Kernel kernel, KnownCommand command, Parts parts) {
        Executable large = program(kernel, command, ENOUGH);
        parts.addTo(large);
        Executable program = program(kernel, command, (large.needs() + 2 * PAGE - 1) / PAGE * PAGE);
        parts.addTo(program);
        return program.bytes();
    }

    /** {@code jbox run}: the file to execute. */
    public static byte[] of(Kernel kernel, CompiledRun run) {
        return build(kernel, run.command(), program -> run(kernel, run, program));
    }

    /** {@code jbox stop -k}: the file to execute. */
    public static byte[] of(Kernel kernel, CompiledStop stop) {
        return build(kernel, stop.command(), program -> {
            program.add(stop.begin());
            program.addLater(stop.end());
        });
    }

    /** {@code jbox start}: the file to execute. */
    public static byte[] of(Kernel kernel, CompiledStart start, Running running) {
        return build(kernel, start.command(), program -> start(kernel, start, running, program));
    }

    private static void start(Kernel kernel, CompiledStart start, Running running, Executable program) {
        Plan plan = start.plan();
        List<Step> setUp = plan.steps(Phase.INIT);
        List<Step> live = plan.steps(Phase.LIVE);
        program.add(start.begin());
        program.add(start.prepare());
        program.add(start.prepared());
        Image init = new Image(kernel, MonitorLife.INIT_ADDRESS, program.open(), List.of(setUp)).add(Actor.INIT, setUp);
        program.file(Descriptors.INIT_PROGRAM, "jbox-init", init.memoryParts());
        Image monitor = new Image(kernel, ElfImage.DATA_ADDRESS, program.open(), List.of(live))
                .knowing(Actor.INIT, init)
                .knowing(Descriptors.INIT_PROGRAM, init)
                .add(Actor.MONITOR, live);
        program.file(Descriptors.IMAGE, "jbox-monitor", monitor.parts(Actor.MONITOR), start.places());
        program.child(Actor.MONITOR, plan.steps(Phase.BECOME));
        program.add(start.make());
        program.add(start.made());
        program.addLater(start.finish());
        program.addLater(start.end(running.record(program.open())));
    }

    /** Returns the record of a running box. */
    public interface Running {
        /** @param open the numbers of the monitor's descriptors */
        String record(Map<Descriptor, Integer> open);
    }

    private static void run(Kernel kernel, CompiledRun run, Executable program) {
        Plan plan = run.plan();
        List<Step> supervise = plan.steps(Phase.SUPERVISE);
        List<Step> command = plan.steps(Phase.COMMAND);
        program.add(run.begin());
        Image init = new Image(kernel, ElfImage.DATA_ADDRESS, program.open(), List.of(supervise, command))
                .add(Actor.COMMAND, command)
                .add(Actor.PID_1, supervise);
        program.file(Descriptors.IMAGE, "jbox-init", init.parts(Actor.PID_1));
        program.child(Actor.INIT, run.init());
        program.add(run.make());
        program.add(run.made());
        program.addLater(run.attend());
    }

    private static void exec(Kernel kernel, CompiledExec exec, Executable program) {
        Plan plan = exec.plan();
        List<Step> live = plan.steps(Phase.LIVE);
        List<Step> command = plan.steps(Phase.COMMAND);
        program.add(exec.begin());
        Image joiner = new Image(kernel, ElfImage.DATA_ADDRESS, program.open(), List.of(live, command))
                .add(Actor.COMMAND, command)
                .add(Actor.JOINER, live);
        program.file(Descriptors.IMAGE, "jbox-exec", joiner.parts(Actor.JOINER));
        program.child(Actor.JOINER, plan.steps(Phase.BECOME));
        program.add(exec.make());
        program.add(exec.made());
        program.addLater(exec.attend());
    }
}
