package io.jbox.seccomp;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Which system calls are made, and what happens to the others.
 *
 * @param name as the configuration has it
 * @param otherwise for calls that no rule is about
 * @param unknown for calls that are newer than our table: programs take ENOSYS as "not there" and do without
 * @param rules of one call, those with conditions come first, in order; the first that holds decides
 */
public record Profile(String name, Action otherwise, Action unknown, List<Rule> rules) {
    public Profile {
        rules = List.copyOf(rules);
    }

    /** The calls that can be made on an ABI with some arguments at least. */
    public List<String> permitted(Abi abi) {
        TreeSet<String> names = new TreeSet<>();
        if (otherwise.permits()) {
            names.addAll(CallTable.get().names());
        }
        for (Rule rule : rules) {
            if (rule.abis().contains(abi) && rule.action().permits()) {
                names.add(rule.call());
            }
        }
        for (Rule rule : rules) {
            if (rule.abis().contains(abi)
                    && !rule.action().permits()
                    && rule.conditions().isEmpty()) {
                names.remove(rule.call());
            }
        }
        names.removeIf(name -> CallTable.get().number(name, abi) < 0);
        return new ArrayList<>(names);
    }

    /** The calls of an ABI that cannot be made, whatever the arguments are. */
    public List<String> refused(Abi abi) {
        List<String> names = new ArrayList<>(CallTable.get().names());
        names.removeAll(permitted(abi));
        names.removeIf(name -> CallTable.get().number(name, abi) < 0);
        return names;
    }
}
