package io.jbox.plan;

import io.jbox.problem.Printable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Everything that starting a box does, in order.
 *
 * @param box its name
 */
public record Plan(String box, List<Step> steps) {
    /** The steps of one actor, in order. */
    public List<Step> steps(Actor actor) {
        List<Step> own = new ArrayList<>();
        for (Step step : steps) {
            if (step.actor() == actor) {
                own.add(step);
            }
        }
        return own;
    }

    /** For people: a heading for each actor, a comment for each step, its calls below. */
    public String text() {
        StringBuilder out = new StringBuilder();
        Actor actor = null;
        for (Step step : steps) {
            if (step.actor() != actor) {
                actor = step.actor();
                out.append(out.isEmpty() ? "" : "\n")
                        .append("[")
                        .append(heading(actor))
                        .append("]\n");
            }
            out.append("# ").append(Printable.of(step.subject()));
            if (!step.place().isDefault()) {
                out.append("   (").append(step.place()).append(')');
            }
            out.append('\n');
            for (Call call : step.calls()) {
                out.append(call.notation());
                out.append(call.remark().isEmpty() ? "" : "   /* " + call.remark() + " */")
                        .append('\n');
            }
        }
        return out.toString();
    }

    /** For programs: the same as maps and lists. */
    public Map<String, Object> json() {
        List<Object> shown = new ArrayList<>();
        for (Step step : steps) {
            List<Object> calls = new ArrayList<>();
            for (Call call : step.calls()) {
                Map<String, Object> entry = new LinkedHashMap<>();
                entry.put("call", call.name());
                entry.put("notation", call.notation());
                entry.put("outcome", call.outcome().name().toLowerCase(Locale.ROOT));
                calls.add(entry);
            }
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("actor", heading(step.actor()));
            entry.put("subject", step.subject());
            entry.put("place", step.place().isDefault() ? null : step.place().toString());
            entry.put("calls", calls);
            shown.add(entry);
        }
        Map<String, Object> plan = new LinkedHashMap<>();
        plan.put("box", box);
        plan.put("steps", shown);
        return plan;
    }

    private static String heading(Actor actor) {
        return actor.name().toLowerCase(Locale.ROOT);
    }
}
