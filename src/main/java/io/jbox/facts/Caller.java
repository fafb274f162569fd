package io.jbox.facts;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What this process was when it was called: Java has decoded its arguments and environment, and the threads of a JVM block
 * signals of their own. Texts may hold bytes that are no UTF-8 ({@link io.jbox.problem.RawText}).
 *
 * @param pid of this process
 * @param uid effective
 * @param gid effective
 * @param blockedSignals those of the first thread, which runs no Java: the signals that whoever called has blocked
 * @param ignoredSignals as the launcher found them: a JVM takes the signals that it needs
 * @param descriptors what was open; null if the launcher did not say
 * @param folder a descriptor of the working folder, where that is gone and no JVM starts in it; -1 where it is this process's
 * @param arguments of the JVM and the command
 * @param environment {@code NAME=VALUE} each, as it was before the launcher
 */
public record Caller(
        int pid,
        long uid,
        long gid,
        long blockedSignals,
        long ignoredSignals,
        @Nullable List<Integer> descriptors,
        int folder,
        List<String> arguments,
        List<String> environment) {
    /** Whether a signal is ignored. */
    public boolean ignores(int signal) {
        return (ignoredSignals >>> signal - 1 & 1) != 0;
    }

    /** The last arguments, of which there are so many. */
    public List<String> lastArguments(int count) {
        return arguments.subList(arguments.size() - count, arguments.size());
    }

    /** A variable of the environment, or null. */
    public @Nullable String variable(String name) {
        return Environment.find(environment, name);
    }
}
