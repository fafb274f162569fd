package io.jbox.cli;

import io.jbox.config.Config;
import io.jbox.json.Json;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.schema.ConfigPrinter;
import io.jbox.schema.JsonSchema;
import io.jbox.schema.KeyReference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code jbox config check|show|keys|schema}: checks and shows configurations, and prints their schema. */
final class ConfigCommand implements Command {
    static final String VERBS = "check show keys schema";

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "config",
                        "check FILE... | show NAME | keys [KEY] | schema",
                        "checks configurations, shows what is in effect, tells what keys there are, prints the JSON Schema",
                        "  check FILE...   reports all errors in the files\n"
                                + "  show NAME       prints every value in effect and where it came from\n"
                                + "  keys [KEY]      says what a key means, or the keys of a section, or all: type, default, example,\n"
                                + "                  name in LXC\n"
                                + "  schema          prints the JSON Schema, for editors\n",
                        List.of(Option.FILE, Option.SET, Option.PATH, Option.JSON),
                        false)
                .looking();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<String> operands = arguments.operands();
        String verb = operands.isEmpty() ? "" : operands.get(0);
        switch (verb) {
            case "check" -> check(arguments, surroundings);
            case "show" -> show(arguments, surroundings);
            case "keys" -> keys(arguments, surroundings);
            case "schema" -> surroundings.out().println(Json.write(JsonSchema.schema()));
            default ->
                throw verb.isEmpty() ? arguments.usage("expected one of " + VERBS) : arguments.noneOf(verb, VERBS);
        }
        return 0;
    }

    private static void keys(Arguments arguments, Surroundings surroundings) {
        List<String> operands = arguments.operands();
        if (operands.size() > 2) {
            throw arguments.usage("expected one key");
        }
        KeyReference reference = new KeyReference();
        List<KeyReference.Entry> entries = operands.size() < 2 ? reference.entries() : reference.find(operands.get(1));
        surroundings
                .out()
                .print(arguments.has(Option.JSON) ? Json.write(KeyText.json(entries)) + "\n" : KeyText.of(entries));
    }

    private static void check(Arguments arguments, Surroundings surroundings) {
        List<String> files = new ArrayList<>(
                arguments.operands().subList(1, arguments.operands().size()));
        files.addAll(arguments.values(Option.FILE));
        if (files.isEmpty()) {
            throw arguments.usage("expected a file");
        }
        List<Problem> problems = new ArrayList<>();
        List<Object> good = new ArrayList<>();
        for (String file : files) {
            try {
                Config config = surroundings.loader(arguments).load(file, arguments.values(Option.SET));
                surroundings.jbox(arguments).plan(config);
                good.add(file);
            } catch (JboxException e) {
                problems.addAll(e.problems());
            }
        }
        if (!problems.isEmpty()) {
            throw new JboxException(problems, JboxException.FAILED);
        }
        if (arguments.has(Option.JSON)) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("good", good);
            surroundings.out().println(Json.write(result));
        }
    }

    private static void show(Arguments arguments, Surroundings surroundings) {
        List<String> operands = arguments.operands();
        if (operands.size() > 2 || operands.size() < 2 && !arguments.has(Option.FILE)) {
            throw arguments.usage("expected one box");
        }
        String path = surroundings.find(arguments, operands.get(operands.size() - 1));
        ConfigPrinter printer = new ConfigPrinter(surroundings.loader(arguments));
        List<String> set = arguments.values(Option.SET);
        surroundings
                .out()
                .print(
                        arguments.has(Option.JSON)
                                ? Json.write(printer.json(path, set)) + "\n"
                                : printer.text(path, set));
    }
}
