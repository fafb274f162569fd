package io.jbox.launch;

import io.jbox.kernel.Kernel;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;

/** Gives interfaces to a box that runs. */
public final class Connector {
    private final Kernel kernel;

    public Connector(Kernel kernel) {
        this.kernel = kernel;
    }

    /**
     * @param init the box's first process
     * @throws io.jbox.problem.JboxException if a step fails; an interface of the host's that has moved by then is in its
     *     journal
     */
    public void connect(Plan plan, int init) {
        StepRunner runner = new StepRunner(kernel, plan.box(), Effects.NONE);
        try {
            for (Step step : plan.steps(Phase.CONNECT)) {
                runner.run(step, init);
            }
        } finally {
            runner.closeAll();
        }
    }
}
