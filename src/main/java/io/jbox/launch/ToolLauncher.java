package io.jbox.launch;

import io.jbox.compile.ArgumentWriter;
import io.jbox.compile.Assembler;
import io.jbox.compile.ProgramSize;
import io.jbox.compile.SpokenFailures;
import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Descriptors;
import io.jbox.problem.JboxException;
import io.jbox.program.Descriptor;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Lets this process become a namespace tool: a program of system calls, executed in place of the JVM. */
public final class ToolLauncher {
    private static final int FAILED = 1;

    private final Kernel kernel;

    public ToolLauncher(Kernel kernel) {
        this.kernel = kernel;
    }

    /**
     * Becomes the tool; does not return if that succeeds.
     *
     * @param given the numbers of descriptors that the plan begins with
     */
    public JboxException become(Plan plan, Map<Descriptor, Integer> given) {
        StepRunner runner = new StepRunner(kernel, plan.box(), Effects.NONE);
        runner.open().putAll(given);
        try {
            for (Step step : plan.steps(Phase.PREPARE)) {
                runner.run(step, 0);
            }
            runner.open().put(Descriptors.IMAGE, image(plan, runner.open()));
            for (Step step : plan.steps(Phase.BECOME)) {
                runner.run(step, 0);
            }
            throw new IllegalStateException(plan.box() + " was executed, and it is still jbox");
        } catch (JboxException e) {
            return new JboxException(e.problems(), FAILED);
        }
    }

    /** Puts everything together and forgets it, so that its classes are known. */
    public void rehearse(Plan plan, Map<Descriptor, Integer> given) {
        kernel.call(Syscall.CLOSE, image(plan, given));
    }

    private int image(Plan plan, Map<Descriptor, Integer> open) {
        List<Step> steps = plan.steps(Phase.LIVE);
        ByteBuffer memory = ByteBuffer.allocate(ProgramSize.ofSpoken(steps)).order(ByteOrder.LITTLE_ENDIAN);
        Program program = new Program(kernel.processor(), memory, ElfImage.DATA_ADDRESS);
        ArgumentWriter arguments = new ArgumentWriter(program, new HashMap<>(open), 0);
        SpokenFailures failures = new SpokenFailures(program, plan.box(), FAILED);
        new Assembler(program, arguments, failures, Map.of()).add(steps);
        failures.finish();
        return ElfImage.create(kernel, plan.box(), memory, program, ElfImage.DATA_ADDRESS);
    }
}
