package io.jbox.compile;

import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.plan.CompiledExec;
import io.jbox.plan.CompiledStop;
import io.jbox.plan.Descriptors;
import io.jbox.program.Actor;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import java.util.List;

/** Puts the parts of a command's program together. */
public final class CommandProgram {
    private static final int ENOUGH = 1 << 20;

    private CommandProgram() {}

    /** {@code jbox exec}: the file to execute. */
    public static byte[] of(Kernel kernel, CompiledExec exec, String launcher) {
        return exec(kernel, exec, new Executable(kernel, launcher, ENOUGH));
    }

    /** {@code jbox stop -k}: the file to execute. */
    public static byte[] of(Kernel kernel, CompiledStop stop, String launcher) {
        Executable program = new Executable(kernel, launcher, ENOUGH);
        program.add(stop.begin());
        program.addLater(stop.end());
        return program.bytes();
    }

    private static byte[] exec(Kernel kernel, CompiledExec exec, Executable program) {
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
        program.endsChild();
        program.add(exec.made());
        program.addLater(exec.attend());
        return program.bytes();
    }
}
