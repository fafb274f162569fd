package io.jbox.facts;

import io.jbox.config.Limit;
import io.jbox.program.Arg;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A command for a box that runs.
 *
 * @param box its name
 * @param limits of resources that the box's init began with, by name in lower case
 * @param own those of jbox
 * @param tasks the files that a process enters the box's cgroups of version 1 by
 * @param namespaces to join, as constants of setns(2)
 * @param capabilities the most that the command may have, as a mask
 * @param confined whether the command gets no more than the box's own programs: capabilities, no_new_privs
 * @param noNewPrivs whether the box's programs have that
 * @param filter of system calls that the box's programs have; null for none
 * @param labels of security modules that the box's programs have
 * @param uid in the box
 * @param gid in the box
 * @param hostUid the host's number of the user
 * @param groups supplementary ones; null where nobody may set any
 * @param command its words; the first is looked for in PATH
 * @param environment {@code NAME=VALUE} each, nothing else
 * @param cwd in the box
 * @param cwdMayLack whether / will do where cwd is not there
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
