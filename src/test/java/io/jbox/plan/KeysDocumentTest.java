package io.jbox.plan;

import io.jbox.Golden;
import io.jbox.config.Config;
import io.jbox.facts.Launch;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.program.Call;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import io.jbox.schema.KeyReference;
import io.jbox.schema.TestConfigs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** docs/reference/keys.md is what the keys themselves say, and what a start does for the example of each. */
class KeysDocumentTest {
    private static final int SHOWN_STEPS = 6;
    private static final Launch MONITORED = Launch.monitored(true, new Launch.Supervision("/run/jbox/NAME", false));

    @Test
    void theDocumentIsWhatTheKeysSay() {
        StringBuilder out = new StringBuilder("""
                # Keys of a configuration

                A box is one YAML file. Most keys are those of lxc.container.conf(5) without `lxc.`, nested at the dots; `net` is a list.
                `N` stands for the place of an element in a list: `-s net.0.mtu=1400` on a command line. Without a name in LXC, a key is jbox's
                own. All are there since version 0.1.0.

                "In the plan" names the steps that a start takes because of the example, with their system calls; `jbox plan` prints them for your own
                file. Relative paths are relative to the file.

                """);
        String section = "";
        for (KeyReference.Entry entry : new KeyReference().entries()) {
            String top = entry.path().replaceAll("\\..*", "");
            if (!top.equals(section)) {
                section = top;
                out.append("## ").append(top).append("\n\n");
            }
            append(entry, out);
        }
        Golden.check(Path.of("docs/reference/keys.md"), out.toString().stripTrailing() + "\n");
    }

    private static void append(KeyReference.Entry entry, StringBuilder out) {
        out.append("### ").append(entry.path()).append("\n\n");
        out.append(entry.about()).append(".\n\n");
        out.append("- type: ").append(entry.type()).append('\n');
        if (entry.byDefault() != null) {
            out.append("- default: `").append(entry.byDefault()).append("`\n");
        }
        if (entry.root() != null) {
            out.append("- needs root: ").append(entry.root()).append('\n');
        }
        if (entry.lxc() != null) {
            out.append("- in LXC: ").append(entry.lxc()).append('\n');
        }
        out.append("- example: `").append(entry.example()).append("`\n");
        List<String> steps = steps(entry);
        if (!steps.isEmpty()) {
            out.append("- in the plan: ").append(String.join("; ", steps)).append('\n');
        }
        out.append('\n');
    }

    /** The steps that a start of the example takes because of the key's value. */
    private static List<String> steps(KeyReference.Entry entry) {
        boolean whole = entry.example().startsWith("rootfs:");
        Plan plan;
        try {
            Config config = TestConfigs.of((whole ? "" : "rootfs: {path: /r}\n") + entry.example() + "\n");
            plan = new Planner(config, GoldenPlanTest.facts(config, "/r", "/srv"), MONITORED).plan();
        } catch (JboxException e) {
            // It is about another host than that of these tests.
            return List.of();
        }
        Set<String> steps = new LinkedHashSet<>();
        for (Step step : plan.steps()) {
            Place place = step.asked();
            if (place != null && place.line() == (whole ? 1 : 2) && isIn(entry, place.column())) {
                Set<String> calls = new LinkedHashSet<>();
                for (Call call : step.calls()) {
                    calls.add("`" + call.syscall().kernelName() + "`");
                }
                steps.add(step.subject() + (calls.isEmpty() ? "" : " (" + String.join(", ", calls) + ")"));
            }
        }
        List<String> shown = new ArrayList<>(steps);
        return shown.size() <= SHOWN_STEPS ? shown : shown.subList(0, SHOWN_STEPS);
    }

    /** Whether a column of the example is in the value of the key. */
    private static boolean isIn(KeyReference.Entry entry, int column) {
        String key = entry.path().replaceAll("\\.(N|FILE)$", "").replaceAll(".*\\.", "");
        String example = entry.example();
        int from = example.indexOf(key + ": ") + key.length() + 2;
        int depth = 0;
        int to = from;
        while (to < example.length() && !(depth == 0 && ",]}".indexOf(example.charAt(to)) >= 0)) {
            depth += "[{".indexOf(example.charAt(to)) >= 0 ? 1 : "]}".indexOf(example.charAt(to)) >= 0 ? -1 : 0;
            to++;
        }
        return column > from && column <= to;
    }
}
