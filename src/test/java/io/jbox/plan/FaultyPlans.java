package io.jbox.plan;

import static io.jbox.uapi.Syscall.*;

import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Fork;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Plans with a call in them that cannot succeed. */
public final class FaultyPlans {
    private FaultyPlans() {}

    /** The plan with {@code fchdir(-1)} as the first call of a step; clone3 gets a size that the kernel refuses. */
    public static Plan failingAt(Plan plan, int index) {
        Step step = plan.steps().get(index);
        List<Statement> body = new ArrayList<>(step.body());
        if (step.forks()) {
            body.replaceAll(statement -> statement instanceof Fork fork
                    ? new Fork(refused(fork.call()), fork.child(), fork.body())
                    : statement);
        } else {
            body.add(0, Call.must(FCHDIR, Arg.number(-1)));
        }
        return plan.with(step, new Step(step.actor(), step.subject(), step.place(), body, step.hints(), step.code()));
    }

    private static Call refused(Call clone) {
        return Call.must(clone.syscall(), clone.arguments().get(0), Arg.number(1));
    }

    /** The plan without the step that lets the first process go on. */
    public static Plan neverReleased(Plan plan) {
        Map<Phase, List<Step>> phases = new EnumMap<>(plan.phases());
        phases.remove(Phase.RELEASE);
        return new Plan(plan.box(), phases);
    }
}
