package io.jbox.seccomp;

import io.jbox.json.JsonReader;
import io.jbox.problem.Place;
import io.jbox.problem.Source;
import io.jbox.seccomp.Condition.Comparison;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the seccomp object of OCI's runtime specification, also with the includes and excludes of container engines.
 */
final class OciProfileReader {
    private static final String ACTION = "SCMP_ACT_";
    private static final int NOT_WRITTEN = -1;

    private final String name;
    private final Source source;
    private final Set<String> capabilities;
    private final List<Abi> own;

    OciProfileReader(String name, Source source, Set<String> capabilities, String processor) {
        this.name = name;
        this.source = source;
        this.capabilities = capabilities;
        this.own = Abi.of(processor);
    }

    Profile read() {
        Object json;
        try {
            json = JsonReader.read(source.text());
        } catch (JsonReader.MalformedException e) {
            throw ProfileReader.problem(String.valueOf(e.getMessage()), Place.of(source), null);
        }
        Map<?, ?> root = map(json, "the profile");
        Action otherwise = action(
                text(root.get("defaultAction"), "defaultAction"), number(root.get("defaultErrnoRet"), NOT_WRITTEN));
        Set<Abi> abis = abis(root.get("architectures"));
        List<Rule> rules = new ArrayList<>();
        for (Object entry : list(root.get("syscalls"))) {
            rules(map(entry, "syscalls"), abis, rules);
        }
        return new Profile(name, otherwise, otherwise, abis, rules);
    }

    /** Without a list, all ABIs that jbox knows. */
    private Set<Abi> abis(@Nullable Object architectures) {
        List<?> names = list(architectures);
        if (names.isEmpty()) {
            return EnumSet.copyOf(own);
        }
        Set<Abi> abis = EnumSet.noneOf(Abi.class);
        for (Abi abi : Abi.values()) {
            if (names.contains(abi.ociName())) {
                abis.add(abi);
            }
        }
        return abis;
    }

    private void rules(Map<?, ?> entry, Set<Abi> abis, List<Rule> rules) {
        Object includes = entry.get("includes");
        Object excludes = entry.get("excludes");
        if (includes instanceof Map<?, ?> wanted && !holds(wanted, true)
                || excludes instanceof Map<?, ?> unwanted && holds(unwanted, false)) {
            return;
        }
        List<Object> names = new ArrayList<>(list(entry.get("names")));
        if (entry.get("name") != null) {
            names.add(entry.get("name"));
        }
        Action action = action(text(entry.get("action"), "action"), number(entry.get("errnoRet"), NOT_WRITTEN));
        List<Condition> conditions = new ArrayList<>();
        for (Object argument : list(entry.get("args"))) {
            conditions.add(condition(map(argument, "args")));
        }
        for (Object call : names) {
            String text = text(call, "names");
            if (ProfileReader.isKnown(text, action, Place.of(source))) {
                rules.add(new Rule(text, action, List.copyOf(conditions), abis));
            }
        }
    }

    /** @param all whether all conditions must hold, or any; conditions for old kernels never apply */
    private boolean holds(Map<?, ?> conditions, boolean all) {
        List<Boolean> each = new ArrayList<>();
        for (Object capability : list(conditions.get("caps"))) {
            String plain = String.valueOf(capability);
            each.add(capabilities.contains(plain.startsWith("CAP_") ? plain.substring(4) : plain));
        }
        List<?> arches = list(conditions.get("arches"));
        if (!arches.isEmpty()) {
            boolean ours = false;
            for (Object arch : arches) {
                ours |= own.get(0) == Abi.X86_64
                        ? List.of("amd64", "x86", "x32").contains(arch)
                        : "arm64".equals(arch);
            }
            each.add(ours);
        }
        if (conditions.get("minKernel") != null) {
            each.add(true);
        }
        return all ? !each.contains(false) : each.contains(true);
    }

    private Condition condition(Map<?, ?> argument) {
        int index = (int) number(argument.get("index"), NOT_WRITTEN);
        long value = number(argument.get("value"), 0);
        if (index < 0 || index > 5) {
            throw bad("args: index " + index + ": expected 0 to 5");
        }
        return switch (text(argument.get("op"), "op")) {
            case "SCMP_CMP_EQ" -> new Condition(index, Comparison.EQ, value, Condition.ALL);
            case "SCMP_CMP_NE" -> new Condition(index, Comparison.NE, value, Condition.ALL);
            case "SCMP_CMP_LT" -> new Condition(index, Comparison.LT, value, Condition.ALL);
            case "SCMP_CMP_LE" -> new Condition(index, Comparison.LE, value, Condition.ALL);
            case "SCMP_CMP_GT" -> new Condition(index, Comparison.GT, value, Condition.ALL);
            case "SCMP_CMP_GE" -> new Condition(index, Comparison.GE, value, Condition.ALL);
            case "SCMP_CMP_MASKED_EQ" -> Condition.masked(index, value, number(argument.get("valueTwo"), 0));
            default -> throw bad("args: op \"" + argument.get("op") + "\"");
        };
    }

    private Action action(String text, long errno) {
        return switch (text.startsWith(ACTION) ? text.substring(ACTION.length()) : text) {
            case "ALLOW" -> Action.ALLOW;
            case "LOG" -> Action.of(Action.Kind.LOG);
            case "TRAP" -> Action.of(Action.Kind.TRAP);
            case "KILL", "KILL_THREAD" -> Action.of(Action.Kind.KILL_THREAD);
            case "KILL_PROCESS" -> Action.of(Action.Kind.KILL_PROCESS);
            case "ERRNO" -> Action.errno(errno == NOT_WRITTEN ? Action.EPERM : (int) errno);
            default -> throw bad("action \"" + text + "\": is not supported (no notification listener, no tracer)");
        };
    }

    private RuntimeException bad(String message) {
        return ProfileReader.problem(message, Place.of(source), null);
    }

    private Map<?, ?> map(@Nullable Object value, String what) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw bad(what + ": expected an object");
    }

    private List<?> list(@Nullable Object value) {
        if (value == null) {
            return List.of();
        }
        if (value instanceof List<?> list) {
            return list;
        }
        throw bad("expected a list, found \"" + value + "\"");
    }

    private String text(@Nullable Object value, String what) {
        if (value instanceof String text) {
            return text;
        }
        throw bad(what + ": expected a text");
    }

    private long number(@Nullable Object value, long otherwise) {
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Long number) {
            return number;
        }
        throw bad("expected a number, found \"" + value + "\"");
    }
}
