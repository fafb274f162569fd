package io.jbox.plan;

import io.jbox.config.Config;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFacts;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import java.util.ArrayList;
import java.util.List;

/** Plans new interfaces for a running box. */
public final class ConnectPlanner {
    private ConnectPlanner() {}

    /**
     * @param config only its interfaces are used
     * @param first number of the first interface
     * @param kept whether the box's network is pinned already
     * @throws JboxException if this host cannot provide an interface
     */
    public static Plan plan(
            Config config, int first, NetworkFacts facts, Launch.Supervision supervision, boolean kept) {
        List<Problem> problems = new ArrayList<>();
        new NetworkCheck(config, facts, problems).check();
        if (!problems.isEmpty()) {
            throw new JboxException(problems, JboxException.FAILED);
        }
        Plan.Draft plan = new Plan.Draft(config.name().get());
        NetworkSteps network = new NetworkSteps(config.name().get(), config.net(), first, facts);
        network.bridges(plan.at(Phase.BEGIN));
        network.connect(supervision, kept, plan.at(Phase.CONNECT));
        HookSteps.scriptsUp(config, supervision, first, facts, plan.at(Phase.FINISH));
        return plan.build();
    }
}
