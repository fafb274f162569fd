package io.jbox.plan;

import java.util.ArrayList;
import java.util.List;

/** Plans with a call in them that cannot succeed. */
public final class FaultyPlans {
    private FaultyPlans() {}

    /** The plan with {@code fchdir(-1)} as the first call of a step; clone3 gets a size that the kernel refuses. */
    public static Plan failingAt(Plan plan, int index) {
        List<Step> steps = new ArrayList<>(plan.steps());
        Step step = steps.get(index);
        List<Call> calls = new ArrayList<>(step.calls());
        calls.replaceAll(call -> call.name().equals("clone3")
                ? new Call("clone3", List.of(call.arguments().get(0), Arg.number(1)), call.outcome(), null)
                : call);
        if (calls.equals(step.calls())) {
            calls.add(0, new Call("fchdir", List.of(Arg.number(-1)), Call.Outcome.MUST_SUCCEED, null));
        }
        steps.set(index, new Step(step.actor(), step.subject(), step.place(), calls, step.hints()));
        return new Plan(plan.box(), steps);
    }

    /** The plan without the step that lets the first process go on. */
    public static Plan neverReleased(Plan plan) {
        return new Plan(
                plan.box(),
                plan.steps().stream()
                        .filter(step -> !step.subject().equals("let the first process go on"))
                        .toList());
    }
}
