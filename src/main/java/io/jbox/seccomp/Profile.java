package io.jbox.seccomp;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which system calls are made, and what happens to the others.
 *
 * @param name as the configuration has it
 * @param otherwise for calls that no rule is about
 * @param unknown for calls that are newer than our table: programs take ENOSYS as "not there" and do without
 * @param abis that the profile is for; who calls by another one is killed
 * @param rules of one call, those with conditions come first, in order; the first that holds decides
 */
public record Profile(String name, Action otherwise, Action unknown, Set<Abi> abis, List<Rule> rules) {
    public Profile {
        rules = List.copyOf(rules);
    }

    /** The calls that can be made on an ABI with some arguments at least. */
    public List<String> permitted(Abi abi) {
        Set<String> made = new HashSet<>();
        Set<String> never = new HashSet<>();
        for (Rule rule : rules) {
            if (!rule.abis().contains(abi)) {
                continue;
            }
            if (rule.action().permits()) {
                made.add(rule.call());
            } else if (rule.conditions().isEmpty()) {
                never.add(rule.call());
            }
        }
        List<String> names = new ArrayList<>();
        for (String name : CallTable.get().names()) {
            boolean permits = (otherwise.permits() || made.contains(name)) && !never.contains(name);
            if (permits && CallTable.get().number(name, abi) >= 0) {
                names.add(name);
            }
        }
        return names;
    }

    /** The calls of an ABI that cannot be made, whatever the arguments are. */
    public List<String> refused(Abi abi) {
        Set<String> permitted = new HashSet<>(permitted(abi));
        List<String> names = new ArrayList<>();
        for (String name : CallTable.get().names()) {
            if (!permitted.contains(name) && CallTable.get().number(name, abi) >= 0) {
                names.add(name);
            }
        }
        return names;
    }
}
