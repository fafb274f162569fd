package io.jbox.program;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that a launch does.
 *
 * @param box its name
 * @param phases the steps of each, in order; a phase that is not there has none
 */
public record Plan(String box, Map<Phase, List<Step>> phases) {
    /** A plan under construction. */
    public static final class Draft {
        private final String box;
        private final Map<Phase, List<Step>> phases = new EnumMap<>(Phase.class);

        public Draft(String box) {
            this.box = box;
        }

        /** The steps of a phase; more can be added. */
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

    /** All steps, as they are told. */
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

    /** The same plan with one step changed. */
    public Plan with(Step step, Step changed) {
        Map<Phase, List<Step>> copy = new EnumMap<>(Phase.class);
        for (Map.Entry<Phase, List<Step>> entry : phases.entrySet()) {
            List<Step> steps = new ArrayList<>(entry.getValue());
            steps.replaceAll(one -> one == step ? changed : one);
            copy.put(entry.getKey(), steps);
        }
        return new Plan(box, copy);
    }

    /** For people: a heading for each actor, a comment for each step, what it does below. */
    public String text() {
        return new PlanText().of(this);
    }

    /** For programs: the same as maps and lists. */
    public Map<String, Object> json() {
        return new PlanJson().of(this);
    }
}
