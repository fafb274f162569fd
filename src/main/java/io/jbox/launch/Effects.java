package io.jbox.launch;

import io.jbox.kernel.Kernel;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Step;
import java.util.Map;

/** Carries out what of jbox's part of a plan is no system call, and is not the launcher's either. */
public interface Effects {
    /** Does nothing: for a plan whose effects are none, or somebody else's. */
    Effects NONE = new Effects() {
        @Override
        public void carryOut(Step step, Effect effect, Map<Descriptor, Integer> open, int init) {}
    };

    /**
     * Does it, or undoes what it has begun.
     *
     * @param step that the effect is a part of, for its subject and place
     * @param open the numbers of descriptors; what the effect gives is put in there
     * @param init the process id of the box's first process; 0 before there is one
     * @throws io.jbox.problem.JboxException if it fails
     */
    void carryOut(Step step, Effect effect, Map<Descriptor, Integer> open, int init);

    /**
     * Executes a program of the host's that the box needs.
     *
     * @param box name of the box
     * @param step that the program is a part of
     * @param open the numbers of descriptors; a pidfd of a program that stays is put in there
     * @param init the process id of the box's first process
     * @throws io.jbox.problem.JboxException if it cannot be executed, or fails
     */
    default void execute(Kernel kernel, String box, Step step, Effect effect, Map<Descriptor, Integer> open, int init) {
        new HostProgram(kernel, box, step, effect).run(open, init);
    }
}
