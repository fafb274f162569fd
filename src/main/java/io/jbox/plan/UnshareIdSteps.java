package io.jbox.plan;

import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.Caller;
import io.jbox.facts.UnshareRequest;
import io.jbox.facts.WrittenMap;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Fork;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The steps of {@code unshare} on ids: who writes the maps of the user namespace, and what. */
final class UnshareIdSteps {
    private static final Arg.Cell PROGRAM = new Arg.Cell("program", 8);

    private final Caller caller;
    private final UnshareRequest request;
    private final WrittenMap users;
    private final WrittenMap groups;

    UnshareIdSteps(Caller caller, UnshareRequest request) {
        this.caller = caller;
        this.request = request;
        this.users = ofOwner(request.ids().users(), request.ids().user(), caller.uid());
        this.groups = ofOwner(request.ids().groups(), request.ids().group(), caller.gid());
    }

    /**
     * A process that has changed its user can no longer write its own maps: one
     * outside does, as for maps of several ids.
     */
    private WrittenMap ofOwner(WrittenMap map, @Nullable Long single, long outer) {
        return request.ids().owner() != null && single != null && map.isEmpty()
                ? new WrittenMap(List.of(single + " " + outer + " 1"), null)
                : map;
    }

    /** Whether maps are written from outside of the namespace. */
    boolean needOutside() {
        return !users.isEmpty() || !groups.isEmpty();
    }

    /** The steps of the process outside. */
    List<Step> outside() {
        List<Step> steps = new ArrayList<>();
        map(steps, users, "uid_map", "newuidmap");
        map(steps, groups, "gid_map", "newgidmap");
        return steps;
    }

    /** The steps of the process in the namespace. */
    void inside(List<Step> steps) {
        String nobody =
                "an unprivileged user may map only their own user and group; --map-auto uses /etc/subuid and /etc/subgid";
        if (request.ids().user() != null && users.isEmpty()) {
            steps.add(ToolSteps.write("/proc/self/uid_map", request.ids().user() + " " + caller.uid() + " 1")
                    .hint(null, Errno.EPERM, nobody)
                    .build());
        }
        if (request.ids().group() != null && groups.isEmpty()) {
            // Since Linux 3.19 an unprivileged process cannot write gid_map before this (user_namespaces(7)).
            steps.add(ToolSteps.write("/proc/self/setgroups", "deny").build());
            steps.add(ToolSteps.write("/proc/self/gid_map", request.ids().group() + " " + caller.gid() + " 1")
                    .hint(null, Errno.EPERM, nobody)
                    .build());
        }
        if (request.ids().setgroups() != null) {
            steps.add(ToolSteps.write("/proc/self/setgroups", request.ids().setgroups())
                    .hint(null, Errno.EPERM, "once a group is mapped or setgroups denied, it can no longer be allowed")
                    .build());
        }
    }

    /** Root writes the map; others use a program that may. */
    private void map(List<Step> steps, WrittenMap map, String file, String program) {
        if (map.isEmpty()) {
            return;
        }
        String executable = map.program();
        if (executable == null) {
            steps.add(ToolSteps.write("/proc/" + caller.pid() + "/" + file, String.join("\n", map.ranges()) + "\n")
                    .hint(null, Errno.EPERM, "are all outer ids mapped here?")
                    .hint(null, Errno.EINVAL, "do ranges overlap?")
                    .build());
            return;
        }
        List<String> words = new ArrayList<>(List.of(program, Integer.toString(caller.pid())));
        for (String range : map.ranges()) {
            words.addAll(List.of(range.split(" ")));
        }
        Step execute = ToolSteps.step("execute \"" + executable + "\"")
                .call(EXECVE, text(executable), new DataArg.Texts(words), new DataArg.Texts(List.of()))
                .build();
        Call clone = Call.must(CLONE, flags(SIGCHLD), number(0), number(0), number(0), number(0));
        steps.add(ToolSteps.step("run " + program)
                .add(
                        Fork.of(clone.into(PROGRAM), List.of(execute)),
                        WaitSteps.waitFor(PROGRAM, OutsideProcess.ENDED),
                        Branch.when(
                                Memory.compare(OutsideProcess.ENDED, 0, Integer.BYTES),
                                Sign.POSITIVE,
                                ToolSteps.exit(ToolSteps.FAILED)))
                .build());
    }
}
