package io.jbox.facts;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of this process when it was called, which a JVM hides: Java has decoded its arguments and environment, and
 * the JVM's threads block signals. Texts may hold bytes that are not UTF-8 ({@link io.jbox.problem.RawText}).
 *
 * @param pid of this process
 * @param uid effective
 * @param gid effective
 * @param blockedSignals those of the first thread, which runs no Java: the signals that the caller blocked
 * @param ignoredSignals as the launcher found them, since a JVM changes the signals that it needs
 * @param descriptors those that were open; null if the launcher did not say
 * @param folder a descriptor of the working folder, if that is gone and no JVM starts in it; -1 if it is this process's
 * @param arguments of the JVM and the command
 * @param environment as {@code NAME=VALUE}, from before the launcher
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

    /** The last arguments, up to a count. */
    public List<String> lastArguments(int count) {
        return arguments.subList(arguments.size() - count, arguments.size());
    }

    /** Returns an environment variable, or null. */
    public @Nullable String variable(String name) {
        return Environment.find(environment, name);
    }
}
