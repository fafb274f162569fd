package io.jbox.program;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * All steps of a launch, ordered by phase. {@code jbox plan} prints it, the launcher carries it out, and programs are
 * compiled from it.
 *
 * @param box its name
 * @param phases the steps of each phase, in order; a phase without steps may be missing
 */
public record Plan(String box, Map<Phase, List<Step>> phases) {
    /** A plan under construction. */
    public static final class Draft {
        private final String box;
        private final Map<Phase, List<Step>> phases = new EnumMap<>(Phase.class);

        public Draft(String box) {
            this.box = box;
        }

        /** The steps of a phase, as a list to add to. */
        public List<Step> at(Phase phase) {
            List<Step> steps = phases.get(phase);
            if (steps == null) {
                steps = new ArrayList<>();
                phases.put(phase, steps);
            }
            return steps;
        }

        public Plan build() {
            return new Plan(box, phases);
        }
    }

    /** The steps of a phase, in order. */
    public List<Step> steps(Phase phase) {
        return phases.getOrDefault(phase, List.of());
    }

    /** All steps, in the order of the phases. */
    public List<Step> steps() {
        List<Step> all = new ArrayList<>();
        for (Phase phase : Phase.values()) {
            all.addAll(steps(phase));
        }
        return all;
    }

    /** The steps of one actor, in order. */
    public List<Step> steps(Actor actor) {
        List<Step> own = new ArrayList<>();
        for (Step step : steps()) {
            if (step.actor() == actor) {
                own.add(step);
            }
        }
        return own;
    }

    /** Returns the same plan with one step replaced. */
    public Plan with(Step step, Step changed) {
        Map<Phase, List<Step>> copy = new EnumMap<>(Phase.class);
        for (Map.Entry<Phase, List<Step>> entry : phases.entrySet()) {
            List<Step> steps = new ArrayList<>(entry.getValue());
            steps.replaceAll(one -> one == step ? changed : one);
            copy.put(entry.getKey(), steps);
        }
        return new Plan(box, copy);
    }

    /** Returns the plan for people: a heading for each actor, a comment for each step, and its statements below. */
    public String text() {
        return new PlanText().of(this);
    }

    /** Returns steps of one process for people. */
    public static String text(List<Step> steps) {
        return new PlanText().of(steps);
    }

    /** Returns the plan for programs, as maps and lists. */
    public Map<String, Object> json() {
        return new PlanJson().of(this);
    }
}
