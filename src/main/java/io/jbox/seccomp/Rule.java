package io.jbox.seccomp;

import java.util.List;
import java.util.Set;

/**
 * What is done about a call whose conditions are all true.
 *
 * @param call its name
 * @param conditions none if that is so whatever the arguments are
 * @param abis where the rule holds
 */
public record Rule(String call, Action action, List<Condition> conditions, Set<Abi> abis) {
    /** On every ABI. */
    static final Set<Abi> EVERYWHERE = Set.of(Abi.values());

    static Rule of(String call, Action action, Condition... conditions) {
        return new Rule(call, action, List.of(conditions), EVERYWHERE);
    }
}
