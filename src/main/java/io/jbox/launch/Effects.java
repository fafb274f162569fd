package io.jbox.launch;

import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import java.util.List;
import java.util.Map;

/**
 * Carries out the effects in jbox's part of a plan, but for the launcher's own; is told when there are processes.
 */
public interface Effects {
    /** Does nothing: for a plan whose effects are none, or somebody else's. */
    Effects NONE = new Effects() {
        @Override
        public void carryOut(Step step, Effect effect, Map<Descriptor, Fd> open, int init) {}
    };

    /**
     * Does it, or undoes what it has begun.
     *
     * @param step that the effect is a part of, for its subject and place
     * @param open the descriptors; what the effect gives is put in there
     * @param init the process id of the box's first process; 0 before there is one
     * @throws io.jbox.problem.JboxException if it fails
     */
    void carryOut(Step step, Effect effect, Map<Descriptor, Fd> open, int init);

    /**
     * What had to be made before the rest can be planned has been made.
     *
     * @return how the launch goes on
     */
    default Plan begun(Plan plan) {
        return plan;
    }

    /**
     * Our child has made the process that the launch is about, which has done nothing yet.
     *
     * @param child the monitor, or the joiner
     * @param first the box's first process, or the command
     */
    default void made(int child, int first) {}

    /**
     * The program runs.
     *
     * @param console number of the descriptor in the monitor; negative for none
     * @param ttys the same of the other terminals
     */
    default void runs(int console, List<Integer> ttys) {}

    /**
     * Executes a program of the host's that the box needs.
     *
     * @param box name of the box
     * @param step that the program is a part of
     * @param open the descriptors; a pidfd of a program that stays is put in there
     * @param init the process id of the box's first process
     * @throws io.jbox.problem.JboxException if it cannot be executed, or fails
     */
    default void execute(
            Kernel kernel, String box, Step step, Effect.HostProgram effect, Map<Descriptor, Fd> open, int init) {
        new HostProgram(kernel, box, step, effect).run(open, init);
    }
}
