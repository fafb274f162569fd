package io.jbox.facts;

import io.jbox.config.Limit;
import io.jbox.number.HostUid;
import io.jbox.program.DataArg;
import io.jbox.uapi.Flag;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A command to run in a running box, for {@code jbox exec}.
 *
 * @param box its name
 * @param limits resource limits by name in lower case
 * @param cgroups the box's
 * @param namespaces to join, as constants of setns(2)
 * @param confinement the restrictions of the command
 * @param user of the command
 * @param command what is run
 * @param streams what descriptors 0, 1 and 2 become
 */
public record Join(
        String box,
        Limits limits,
        Cgroups cgroups,
        List<Flag> namespaces,
        Confinement confinement,
        User user,
        Command command,
        List<Launch.Stream> streams) {
    /**
     * Resource limits (getrlimit(2)).
     *
     * @param init those that the box's init started with
     * @param own those of jbox
     */
    public record Limits(Map<String, Limit> init, Map<String, Limit> own) {}

    /**
     * The box's cgroups.
     *
     * @param tasks the files through which a process enters those of version 1
     * @param folders those of version 2 that have processes
     */
    public record Cgroups(List<String> tasks, List<String> folders) {}

    /**
     * How the box's programs are confined.
     *
     * @param capabilities the most that the command may have, as a mask
     * @param confined whether the command is restricted like the box's own programs: capabilities, no_new_privs
     * @param noNewPrivs whether the box's programs have no_new_privs
     * @param filter system call filter of the box's programs; null for none
     * @param labels security module labels of the box's programs
     */
    public record Confinement(
            long capabilities,
            boolean confined,
            boolean noNewPrivs,
            DataArg.@Nullable Filter filter,
            List<Label> labels) {}

    /**
     * The user of the command.
     *
     * @param uid in the box
     * @param gid in the box
     * @param hostUid the same user
     * @param groups supplementary groups; null if none may be set
     */
    public record User(
            long uid, long gid, HostUid hostUid, @Nullable List<Long> groups) {}

    /**
     * The command.
     *
     * @param words the first is searched for in PATH; empty if a compiled program receives them when it runs
     * @param environment the whole environment, as {@code NAME=VALUE}
     * @param cwd in the box
     * @param cwdMayLack whether to use / if cwd does not exist
     * @param given the names of variables whose values a compiled program receives when it runs
     */
    public record Command(
            List<String> words, List<String> environment, String cwd, boolean cwdMayLack, List<String> given) {
        /** A command with a known environment. */
        public Command(List<String> words, List<String> environment, String cwd, boolean cwdMayLack) {
            this(words, environment, cwd, cwdMayLack, List.of());
        }

        /** Whether its words are known only when the program runs. */
        public boolean isGiven() {
            return words.isEmpty();
        }
    }

    /**
     * The same for a program that receives the words of the command when it runs.
     *
     * @param variables the names of variables that it also receives
     */
    public Join ofAnyCommand(List<String> variables) {
        Command any = new Command(List.of(), command.environment, command.cwd, command.cwdMayLack, variables);
        return new Join(box, limits, cgroups, namespaces, confinement, user, any, streams);
    }
}
