package io.jbox.seccomp;

import java.util.List;
import java.util.Set;

/**
 * The action for a call if all conditions hold.
 *
 * @param call its name
 * @param conditions empty if the rule holds for all arguments
 * @param abis that the rule applies to
 */
public record Rule(String call, Action action, List<Condition> conditions, Set<Abi> abis) {
    /** All ABIs. */
    static final Set<Abi> EVERYWHERE = Set.of(Abi.values());

    static Rule of(String call, Action action, Condition... conditions) {
        return new Rule(call, action, List.of(conditions), EVERYWHERE);
    }
}
