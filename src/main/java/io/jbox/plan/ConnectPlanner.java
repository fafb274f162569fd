package io.jbox.plan;

import io.jbox.config.Config;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.util.ArrayList;
import java.util.List;

/** Plans interfaces for a box that runs already. */
public final class ConnectPlanner {
    private ConnectPlanner() {}

    /**
     * @param config with nothing in it that counts but the interfaces
     * @param first number of the first of them
     * @param kept whether the box's network is pinned already
     * @throws JboxException if one cannot be on this host
     */
    public static Plan plan(
            Config config, int first, NetworkFacts facts, Launch.Supervision supervision, boolean kept) {
        List<Problem> problems = new ArrayList<>();
        new NetworkCheck(config, facts, problems).check();
        if (!problems.isEmpty()) {
            throw new JboxException(problems, JboxException.FAILED);
        }
        List<Step> steps = new ArrayList<>();
        NetworkSteps network = new NetworkSteps(config.name().get(), config.net(), first, facts);
        network.bridges(steps);
        network.connect(supervision, kept, steps);
        return new Plan(config.name().get(), List.copyOf(steps));
    }
}
