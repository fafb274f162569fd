package io.jbox.facts;

import io.jbox.config.Limit;
import io.jbox.program.Arg;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A command to run in a running box, for {@code jbox exec}.
 *
 * @param box its name
 * @param limits resource limits that the box's init started with, by name in lower case
 * @param own resource limits of jbox
 * @param tasks the files through which a process enters the box's version 1 cgroups
 * @param namespaces to join, as constants of setns(2)
 * @param capabilities the most that the command may have, as a mask
 * @param confined whether the command is restricted like the box's own programs: capabilities, no_new_privs
 * @param noNewPrivs whether the box's programs have no_new_privs
 * @param filter system call filter of the box's programs; null for none
 * @param labels security module labels of the box's programs
 * @param uid in the box
 * @param gid in the box
 * @param hostUid the host's id of the user
 * @param groups supplementary groups; null if none may be set
 * @param command its words; the first is searched for in PATH
 * @param environment the whole environment, as {@code NAME=VALUE}
 * @param cwd in the box
 * @param cwdMayLack whether to use / if cwd does not exist
 * @param streams what descriptors 0, 1 and 2 become
 */
public record Join(
        String box,
        Map<String, Limit> limits,
        Map<String, Limit> own,
        List<String> tasks,
        List<String> namespaces,
        long capabilities,
        boolean confined,
        boolean noNewPrivs,
        Arg.@Nullable Filter filter,
        List<Label> labels,
        long uid,
        long gid,
        long hostUid,
        @Nullable List<Long> groups,
        List<String> command,
        List<String> environment,
        String cwd,
        boolean cwdMayLack,
        List<Launch.Stream> streams) {}
