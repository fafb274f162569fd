package io.jbox.cli;

import io.jbox.json.Json;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code jbox}: finds the command and turns what goes wrong into words and an exit code. */
public final class Main {
    private Main() {}

    public static void main(String[] words) {
        int code = run(Arrays.asList(words), Surroundings.ofThisProcess());
        System.out.flush();
        // Nothing of ours waits for an orderly exit, and it would take a millisecond.
        Runtime.getRuntime().halt(code);
    }

    static int run(List<String> words, Surroundings surroundings) {
        boolean json = false;
        CommandSpec spec = null;
        try {
            if (words.isEmpty()) {
                surroundings.err().print(Commands.help());
                return JboxException.USAGE;
            }
            String name = Commands.alias(words.get(0));
            Command command = Commands.find(name);
            spec = command.spec();
            Arguments arguments = Arguments.parse(spec, words.subList(1, words.size()));
            json = arguments.has(Option.JSON);
            if (arguments.has(Option.HELP)) {
                surroundings.out().print(spec.help());
                return 0;
            }
            if (arguments.has(Option.VERSION)) {
                return new VersionCommand().run(arguments, surroundings);
            }
            arguments.refuseSurplus();
            new Recovery(surroundings).run(name, arguments);
            return command.run(arguments, surroundings);
        } catch (JboxException e) {
            surroundings.err().print(json ? json(e) : text(e));
            return spec == null ? e.exitCode() : spec.exitCode(e.exitCode());
        } catch (StackOverflowError | RuntimeException e) {
            surroundings.err().println("jbox: internal error: " + e);
            if (surroundings.environment().containsKey("JBOX_TRACE")) {
                e.printStackTrace(surroundings.err());
            } else {
                surroundings.err().println("  hint: JBOX_TRACE=1 shows where; please report it");
            }
            return JboxException.FAILED;
        }
    }

    private static String text(JboxException e) {
        StringBuilder out = new StringBuilder();
        for (Problem problem : e.problems()) {
            out.append("jbox: ").append(problem.render());
        }
        return out.toString();
    }

    private static String json(JboxException e) {
        List<Object> errors = new ArrayList<>();
        for (Problem problem : e.problems()) {
            Map<String, Object> error = new LinkedHashMap<>();
            error.put("message", problem.message());
            boolean placed = problem.place() != null && !problem.place().isDefault();
            error.put("place", placed ? String.valueOf(problem.place()) : null);
            error.put("hint", problem.hint());
            errors.add(error);
        }
        return Json.write(Map.of("errors", errors)) + "\n";
    }
}
