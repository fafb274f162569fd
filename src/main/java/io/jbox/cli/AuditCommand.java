package io.jbox.cli;

import io.jbox.Box;
import io.jbox.BoxCommand;
import io.jbox.audit.Finding;
import io.jbox.audit.Probe;
import io.jbox.audit.Severity;
import io.jbox.json.Json;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.SystemError;
import io.jbox.request.ExecRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code jbox audit NAME}: lists what a box could do to the host. */
final class AuditCommand implements Command {
    private static final Option TRY =
            new Option('\0', "try", null, "try the known ways out from inside the box, which must be running");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "audit",
                        "NAME",
                        "shows what a box could do to the host, with the lines that allow it",
                        "The exit code is that of the worst finding: 0 for none or info, 3 for low, 4 for medium, 5 for high.\n"
                                + "With --try a shell in the box tries the known ways out of badly confined boxes; none of them does harm\n"
                                + "if it succeeds.\n",
                        List.of(TRY, Option.FILE, Option.SET, Option.PATH, Option.JSON),
                        true)
                .looking();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<Finding> findings = arguments.has(TRY) ? tried(arguments, surroundings) : read(arguments, surroundings);
        surroundings.out().print(arguments.has(Option.JSON) ? json(findings) : text(findings));
        Severity worst = Severity.INFO;
        for (Finding finding : findings) {
            worst = finding.severity().compareTo(worst) > 0 ? finding.severity() : worst;
        }
        return worst.exitCode();
    }

    private static List<Finding> read(Arguments arguments, Surroundings surroundings) {
        String name = arguments.has(Option.FILE) ? "" : arguments.operand("box");
        return surroundings.jbox(arguments).audit(surroundings.load(arguments, name));
    }

    private static List<Finding> tried(Arguments arguments, Surroundings surroundings) {
        Box box = surroundings.jbox(arguments).box(arguments.operand("box"));
        List<Finding> findings = new ArrayList<>();
        for (Probe probe : Probe.all()) {
            try (BoxCommand command = box.exec(ExecRequest.piped("/bin/sh", "-c", probe.script()))) {
                command.standardInput().close();
                String said = new String(command.standardOutput().readAllBytes(), StandardCharsets.UTF_8);
                command.waitFor();
                if (said.contains("open")) {
                    findings.add(new Finding(probe.severity(), "it can " + probe.name(), Place.DEFAULT, ""));
                }
            } catch (IOException e) {
                throw new JboxException(box.name() + ": " + probe.name() + ": " + SystemError.of(e));
            }
        }
        String held =
                (Probe.all().size() - findings.size()) + " of " + Probe.all().size() + " ways out are closed";
        findings.add(new Finding(Severity.INFO, held, Place.DEFAULT, ""));
        return findings;
    }

    private static String text(List<Finding> findings) {
        StringBuilder out = new StringBuilder();
        for (Finding finding : findings) {
            String severity = finding.severity().name().toLowerCase(java.util.Locale.ROOT);
            out.append(severity).append(" ".repeat(8 - severity.length())).append(finding.about());
            out.append(finding.advice().isEmpty() ? "" : "   (" + finding.advice() + ")")
                    .append('\n');
            if (!finding.place().isDefault()) {
                out.append("  ")
                        .append(finding.place())
                        .append('\n')
                        .append(finding.place().snippet());
            }
        }
        return out.toString();
    }

    private static String json(List<Finding> findings) {
        List<Object> list = new ArrayList<>();
        for (Finding finding : findings) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("severity", finding.severity().name().toLowerCase(java.util.Locale.ROOT));
            object.put("about", finding.about());
            object.put(
                    "place", finding.place().isDefault() ? "" : finding.place().toString());
            object.put("advice", finding.advice());
            list.add(object);
        }
        return Json.write(list) + "\n";
    }
}
