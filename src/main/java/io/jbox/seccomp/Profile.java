package io.jbox.seccomp;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which system calls are permitted, and what happens to the others.
 *
 * @param name as configured
 * @param otherwise for calls without a rule
 * @param unknown for calls newer than jbox's table: programs take ENOSYS as "not available" and cope
 * @param abis that the profile covers; a call through another one kills the process
 * @param rules those of one call with conditions come first, in order; the first that holds decides
 */
public record Profile(String name, Action otherwise, Action unknown, Set<Abi> abis, List<Rule> rules) {
    public Profile {
        rules = List.copyOf(rules);
    }

    /** The calls permitted on an ABI, at least with some arguments. */
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

    /** The calls of an ABI that are refused with all arguments. */
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
