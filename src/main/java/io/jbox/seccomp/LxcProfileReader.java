package io.jbox.seccomp;

import io.jbox.problem.Place;
import io.jbox.problem.Source;
import io.jbox.seccomp.Condition.Comparison;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads LXC's profile format, version 2 (lxc.container.conf(5)).
 *
 * <pre>
 * 2
 * denylist errno 1
 * [all]
 * kexec_load
 * umount2 errno 1 [1,2,SCMP_CMP_MASKED_EQ,2]
 * </pre>
 */
final class LxcProfileReader {
    private static final String REJECT_FORCE_UMOUNT = "reject_force_umount";
    private static final long MNT_FORCE = 1;

    private final String name;
    private final Source source;
    private Set<Abi> abis = Rule.EVERYWHERE;
    private int line;

    LxcProfileReader(String name, Source source) {
        this.name = name;
        this.source = source;
    }

    Profile read() {
        String[] lines = source.text().split("\n", -1);
        String version = next(lines);
        if (version == null || !version.equals("2")) {
            throw ProfileReader.problem("expected \"2\", the version of the format", place(), null);
        }
        String head = next(lines);
        String[] words = head == null ? new String[] {""} : head.split("\\s+");
        boolean allows = words[0].equals("allowlist") || words[0].equals("whitelist");
        if (!allows && !words[0].equals("denylist") && !words[0].equals("blacklist")) {
            throw ProfileReader.problem("expected allowlist or denylist", place(), null);
        }
        // By default an unlisted call kills the process with an allowlist, and is permitted with a denylist; an action
        // overrides that.
        Action written = words.length > 1 ? action(words, 1) : null;
        Action kill = Action.of(Action.Kind.KILL_THREAD);
        Action otherwise = allows ? written == null ? kill : written : Action.ALLOW;
        Action ofRules = allows ? Action.ALLOW : written == null ? kill : written;
        List<Rule> rules = new ArrayList<>();
        for (String text = next(lines); text != null; text = next(lines)) {
            if (text.startsWith("[")) {
                section(text);
            } else if (text.equals(REJECT_FORCE_UMOUNT)) {
                rules.add(rule("umount2", Action.errno(13), List.of(Condition.masked(1, MNT_FORCE, MNT_FORCE))));
            } else if (!abis.isEmpty()) {
                addRule(text, ofRules, rules);
            }
        }
        return new Profile(name, otherwise, otherwise, Rule.EVERYWHERE, rules);
    }

    private @Nullable String next(String[] lines) {
        while (line < lines.length) {
            String text = lines[line++];
            int comment = text.indexOf('#');
            text = (comment < 0 ? text : text.substring(0, comment)).strip();
            if (!text.isEmpty()) {
                return text;
            }
        }
        return null;
    }

    private Place place() {
        return new Place(source, line, 1);
    }

    private void section(String text) {
        String section = text.substring(1, text.endsWith("]") ? text.length() - 1 : text.length())
                .toLowerCase(Locale.ROOT);
        abis = section.equals("all") ? Rule.EVERYWHERE : Set.of();
        for (Abi abi : Abi.values()) {
            if (abi.lxcName().equals(section)) {
                abis = Set.of(abi);
            }
        }
    }

    private Rule rule(String call, Action action, List<Condition> conditions) {
        return new Rule(call, action, conditions, abis);
    }

    private void addRule(String text, Action otherwise, List<Rule> rules) {
        int bracket = text.indexOf('[');
        String[] words =
                (bracket < 0 ? text : text.substring(0, bracket)).strip().split("\\s+");
        Action action = words.length > 1 ? action(words, 1) : otherwise;
        List<Condition> conditions = new ArrayList<>();
        for (int at = bracket; at >= 0; at = text.indexOf('[', at + 1)) {
            int end = text.indexOf(']', at);
            if (end < 0) {
                throw ProfileReader.problem("expected a ]", place(), null);
            }
            conditions.add(condition(text.substring(at + 1, end)));
        }
        if (ProfileReader.isKnown(words[0], action, place())) {
            rules.add(rule(words[0], action, conditions));
        }
    }

    private Action action(String[] words, int at) {
        switch (words[at]) {
            case "errno" -> {
                int number = words.length > at + 1 ? ProfileReader.errno(words[at + 1]) : -1;
                if (number >= 0) {
                    return Action.errno(number);
                }
                throw ProfileReader.problem("errno: expected a number", place(), "errno 1 is EPERM");
            }
            case "kill" -> {
                return Action.of(Action.Kind.KILL_THREAD);
            }
            case "trap" -> {
                return Action.of(Action.Kind.TRAP);
            }
            case "log" -> {
                return Action.of(Action.Kind.LOG);
            }
            case "allow" -> {
                return Action.ALLOW;
            }
            default ->
                throw ProfileReader.problem(
                        "action \"" + words[at] + "\"",
                        place(),
                        words[at].equals("notify")
                                ? "notify is not supported; use errno, kill, trap, log or allow"
                                : "errno, kill, trap, log or allow");
        }
    }

    /** Parses {@code index,value,operator[,mask]}. */
    private Condition condition(String text) {
        String[] parts = text.split(",");
        try {
            int argument = Integer.parseInt(parts[0].strip());
            long value = Long.decode(parts[1].strip());
            String operator = parts[2].strip();
            if (operator.startsWith("SCMP_CMP_")) {
                operator = operator.substring("SCMP_CMP_".length());
            }
            if (argument < 0 || argument > 5) {
                throw ProfileReader.problem("argument " + argument + ": expected 0 to 5", place(), null);
            }
            return switch (operator) {
                // The mask is last here, while OCI's JSON has it as the value.
                case "MASKED_EQ", "&=" -> Condition.masked(argument, Long.decode(parts[3].strip()), value);
                case "EQ", "==" -> new Condition(argument, Comparison.EQ, value, Condition.ALL);
                case "NE", "!=" -> new Condition(argument, Comparison.NE, value, Condition.ALL);
                case "LT", "<" -> new Condition(argument, Comparison.LT, value, Condition.ALL);
                case "LE", "<=" -> new Condition(argument, Comparison.LE, value, Condition.ALL);
                case "GT", ">" -> new Condition(argument, Comparison.GT, value, Condition.ALL);
                case "GE", ">=" -> new Condition(argument, Comparison.GE, value, Condition.ALL);
                default -> throw ProfileReader.problem("comparison \"" + operator + "\"", place(), null);
            };
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw ProfileReader.problem(
                    "[" + text + "]: expected index,value,operator", place(), "such as [1,2,SCMP_CMP_MASKED_EQ,2]");
        }
    }
}
