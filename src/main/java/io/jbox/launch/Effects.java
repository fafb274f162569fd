package io.jbox.launch;

import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import java.util.Map;

/**
 * Carries out the effects in jbox's part of a plan, except those of the launcher itself, and is notified of new
 * processes.
 */
public interface Effects {
    /**
     * The processes of a launch, by their ids; 0 for one that does not exist yet.
     *
     * @param child jbox's child: the monitor, the joiner, or the first process
     * @param main the box's first process, or the command
     */
    record Processes(int child, int main) {}

    /** Does nothing, for a plan without such effects. */
    Effects NONE = new Effects() {
        @Override
        public void carryOut(Step step, Effect effect, Map<Descriptor, Fd> open, Processes made) {}
    };

    /**
     * Carries out an effect; if it fails, undoes what it has begun.
     *
     * @param step that the effect is a part of, for its subject and place
     * @param open the open descriptors; receives those that the effect opens
     * @param made the processes that exist already
     * @throws io.jbox.problem.JboxException if it fails
     */
    void carryOut(Step step, Effect effect, Map<Descriptor, Fd> open, Processes made);

    /**
     * Called after the first effects, which make what the rest of the plan depends on.
     *
     * @return the plan for the rest of the launch
     */
    default Plan begun(Plan plan) {
        return plan;
    }

    /**
     * Executes a host program that the box needs.
     *
     * @param box name of the box
     * @param step that the program is a part of
     * @param open the descriptors; receives the pidfd of a program that keeps running
     * @param init the process id of the box's first process
     * @throws io.jbox.problem.JboxException if it cannot be executed, or fails
     */
    default void execute(
            Kernel kernel, String box, Step step, Effect.HostProgram effect, Map<Descriptor, Fd> open, int init) {
        new HostProgram(kernel, box, step, effect).run(open, init);
    }
}
