package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;

import io.jbox.config.Namespace;
import io.jbox.facts.Caller;
import io.jbox.facts.UnshareRequest;
import io.jbox.facts.WrittenMap;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Fork;
import io.jbox.program.Memory;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Plans {@code unshare}: runs a program in new namespaces, in this process, or with --fork in a child of it.
 *
 * <pre>
 *   this process                    helpers, if they are needed     child
 *    clone ─────────────────────────► wait
 *    unshare
 *    write(pipe) ───────────────────► id maps of more than one id
 *    clone ────────────────────────────────────────────────────────► …
 *    write(pipe) ───────────────────► bind mounts that keep them
 *    wait, and end like the child                                    maps, mounts, ids, execve
 * </pre>
 */
public final class UnsharePlanner {
    private static final List<String> FORWARDED = List.of("SIGINT", "SIGTERM");
    private static final Arg.Cell BYTE = new Arg.Cell("byte", 8);
    private static final Arg.Cell ENDED = new Arg.Cell("helper-status", 8);
    private static final Arg.Cell PROGRAM = new Arg.Cell("program", 8);

    private final Caller caller;
    private final UnshareRequest request;
    private final WrittenMap users;
    private final WrittenMap groups;
    private final ToolSteps tool;
    private final @Nullable Helper mapper;
    private final @Nullable Helper binder;

    /** A process that keeps its namespaces and works when told to; it dies on end of file of the pipe. */
    private record Helper(String task, Descriptor told, Descriptor tell, Arg.Cell pid) {
        Helper(String name, String task) {
            this(task, new Descriptor(name + "-read"), new Descriptor(name + "-write"), new Arg.Cell(name, Long.BYTES));
        }

        Step pipe() {
            return Step.by(Actor.JBOX, "make the pipe to the process that " + task, Place.DEFAULT)
                    .call("pipe2", new Arg.Pair(told, tell), number(0))
                    .build();
        }
    }

    public UnsharePlanner(Caller caller, UnshareRequest request) {
        this.caller = caller;
        this.request = request;
        this.users = ofOwner(request.ids().users(), request.ids().user(), caller.uid());
        this.groups = ofOwner(request.ids().groups(), request.ids().group(), caller.gid());
        this.tool = new ToolSteps("unshare", caller);
        this.mapper = users.isEmpty() && groups.isEmpty() ? null : new Helper("mapper", "writes the id maps");
        // The bind mounts must be visible outside, and made by a process that may mount there: a helper makes them.
        boolean outside = !request.kept().isEmpty()
                && (request.namespaces().contains(Namespace.MNT)
                        || request.namespaces().contains(Namespace.USER));
        this.binder = outside ? new Helper("binder", "mounts the namespaces on files") : null;
    }

    /**
     * A process that has changed its user can no longer write its own maps: a helper does, as for maps of several ids.
     */
    private WrittenMap ofOwner(WrittenMap map, @Nullable Long single, long outer) {
        return request.ids().owner() != null && single != null && map.isEmpty()
                ? new WrittenMap(List.of(single + " " + outer + " 1"), null)
                : map;
    }

    /**
     * @param arguments as ps shows them
     * @param processors the caller's processors, as sched_setaffinity(2) takes them; empty if unchanged
     */
    public Plan plan(List<String> arguments, byte[] processors) {
        Plan.Draft plan = new Plan.Draft("unshare");
        List<Descriptor> pipes = new ArrayList<>();
        for (Helper helper : helpers()) {
            plan.at(Phase.PREPARE).add(helper.pipe());
            pipes.add(helper.told);
            pipes.add(helper.tell);
        }
        tool.become(plan, arguments, List.of());
        List<Step> steps = plan.at(Phase.LIVE);
        steps.add(tool.begin(pipes));
        if (binder != null) {
            steps.add(helper(binder, bind(), pipes));
        }
        if (mapper != null) {
            List<Step> maps = new ArrayList<>();
            map(maps, users, "uid_map", "newuidmap");
            map(maps, groups, "gid_map", "newgidmap");
            steps.add(helper(mapper, maps, pipes));
        }
        UnshareRequest.Owner owner = request.ids().owner();
        if (owner != null) {
            ToolSteps.credentials(steps, owner.uid(), owner.gid(), true);
        }
        unshare(steps, processors);
        if (mapper != null) {
            steps.add(release(mapper));
        }
        request.clocks()
                .forEach((clock, seconds) ->
                        steps.add(ToolSteps.write("/proc/self/timens_offsets", clock + " " + seconds + " 0")
                                .hint("write", "ERANGE", "the clock would be negative, or too far ahead")
                                .build()));
        if (request.child() != null) {
            fork(steps, request.child());
        } else {
            keepNamespaces(steps);
            steps.addAll(own());
        }
        return plan.build();
    }

    private List<Helper> helpers() {
        List<Helper> helpers = new ArrayList<>();
        if (mapper != null) {
            helpers.add(mapper);
        }
        if (binder != null) {
            helpers.add(binder);
        }
        return helpers;
    }

    private void unshare(List<Step> steps, byte[] processors) {
        List<String> flags = new ArrayList<>();
        for (Namespace namespace : request.namespaces()) {
            flags.add(namespace.flag());
        }
        boolean own = caller.uid() == 0 || request.namespaces().contains(Namespace.USER);
        Step.Draft step = ToolSteps.step("unshare")
                .call("unshare", new Arg.Flags(flags))
                .hint(
                        "unshare",
                        "EPERM",
                        own
                                ? "unprivileged users may not make such namespaces on this host"
                                : "only root may, or with --map-root-user (-r) the root of a user namespace")
                .hint(
                        "unshare",
                        "ENOSPC",
                        "the limit of /proc/sys/user/max_*_namespaces, or of nested ones, is reached")
                .hint("unshare", "EINVAL", "the kernel lacks one of them");
        if (processors.length > 0) {
            step.tolerate(
                    "sched_setaffinity",
                    number(0),
                    number(processors.length),
                    new Arg.Data("the caller's processors", processors));
        }
        steps.add(step.build());
    }

    private static Step helper(Helper helper, List<Step> work, List<Descriptor> pipes) {
        List<Statement> body = new ArrayList<>();
        // Closes all ends of all pipes: an end held by another helper would keep both waiting.
        for (Descriptor end : pipes) {
            if (!end.equals(helper.told)) {
                body.add(Call.may("close", fd(end)));
            }
        }
        body.add(Branch.when(
                Call.may("read", fd(helper.told), BYTE, number(1)),
                Sign.NOT_POSITIVE,
                ToolSteps.exit(ToolSteps.FAILED)));
        body.addAll(work);
        body.add(ToolSteps.exit(0));
        return WaitSteps.fork("make the process that " + helper.task, helper.pid, body)
                .tolerate("close", fd(helper.told))
                .build();
    }

    /** Lets a helper work, and waits for it. */
    private static Step release(Helper helper) {
        return ToolSteps.step("wait for the process that " + helper.task)
                .tolerate("write", fd(helper.tell), text("1"), number(1))
                .tolerate("close", fd(helper.tell))
                .add(
                        Branch.when(
                                WaitSteps.waitFor(helper.pid, ENDED), Sign.NEGATIVE, ToolSteps.exit(ToolSteps.FAILED)),
                        Branch.when(
                                Memory.compare(ENDED, 0, Integer.BYTES),
                                Sign.POSITIVE,
                                ToolSteps.exit(ToolSteps.FAILED)))
                .build();
    }

    private void keepNamespaces(List<Step> steps) {
        if (binder != null) {
            steps.add(release(binder));
        } else {
            steps.addAll(bind());
        }
    }

    private void fork(List<Step> steps, UnshareRequest.Child child) {
        Step.Draft prepare = ToolSteps.step("prepare to outlive the child").add(WaitSteps.blockInterrupts());
        if (child.forward()) {
            // Includes those that the caller ignores: they are caught to be forwarded. The child ignores them again.
            for (String signal : FORWARDED) {
                prepare.tolerate(
                        "rt_sigaction",
                        flags(signal),
                        ToolSteps.action("SIG_DFL"),
                        Arg.nothing(),
                        ToolSteps.SIGNAL_SET);
            }
        }
        Descriptor parent = new Descriptor("parent");
        if (child.deathSignal() != 0) {
            prepare.open(parent, "pidfd_open", number(caller.pid()), number(0));
        }
        steps.add(prepare.build());
        List<Statement> body = new ArrayList<>();
        body.add(beginChild(child, parent));
        body.addAll(own());
        steps.add(WaitSteps.fork(body)
                .hint("clone", "ENOMEM", "the PID namespace has lost its init, or there is no memory")
                .hint("clone", "EINVAL", "PID namespaces are nested too deeply")
                .build());
        keepNamespaces(steps);
        steps.add(child.forward() ? WaitSteps.awaitForwarding() : WaitSteps.await());
    }

    private Step beginChild(UnshareRequest.Child child, Descriptor parent) {
        Step.Draft step = ToolSteps.step("set up the child");
        if (child.forward()) {
            step.add(ignored());
        }
        step.add(tool.restoreSignals());
        if (child.deathSignal() != 0) {
            Arg pollfd = struct(new Arg.Field("fd", 4, fd(parent)), new Arg.Field("events", 4, flags("POLLIN")));
            step.call("prctl", flags("PR_SET_PDEATHSIG"), number(child.deathSignal()))
                    .add(Branch.when(
                            Call.may("ppoll", pollfd, number(1), Times.AT_ONCE, Arg.nothing(), ToolSteps.SIGNAL_SET),
                            Sign.POSITIVE,
                            ToolSteps.exit(ToolSteps.FAILED)));
        }
        return step.build();
    }

    private Statement[] ignored() {
        List<Statement> calls = new ArrayList<>();
        for (int signal : new int[] {2, 15}) {
            if (caller.ignores(signal)) {
                calls.add(ToolSteps.ignore(signal));
            }
        }
        return calls.toArray(Statement[]::new);
    }

    /** The steps of the process that becomes the program. */
    private List<Step> own() {
        List<Step> steps = new ArrayList<>();
        String nobody =
                "an unprivileged user may map only their own user and group; --map-auto uses /etc/subuid and /etc/subgid";
        if (request.ids().user() != null && users.isEmpty()) {
            steps.add(ToolSteps.write("/proc/self/uid_map", request.ids().user() + " " + caller.uid() + " 1")
                    .hint(null, "EPERM", nobody)
                    .build());
        }
        if (request.ids().group() != null && groups.isEmpty()) {
            // Since Linux 3.19 an unprivileged process cannot write gid_map before this (user_namespaces(7)).
            steps.add(ToolSteps.write("/proc/self/setgroups", "deny").build());
            steps.add(ToolSteps.write("/proc/self/gid_map", request.ids().group() + " " + caller.gid() + " 1")
                    .hint(null, "EPERM", nobody)
                    .build());
        }
        if (request.ids().setgroups() != null) {
            steps.add(ToolSteps.write("/proc/self/setgroups", request.ids().setgroups())
                    .hint(null, "EPERM", "once a group is mapped or setgroups denied, it can no longer be allowed")
                    .build());
        }
        new UnshareMountSteps(request).add(steps);
        ToolSteps.credentials(steps, request.program().uid(), request.program().gid(), true);
        if (request.program().keepCapabilities() && request.namespaces().contains(Namespace.USER)) {
            steps.add(ToolSteps.keepCapabilities());
        }
        steps.add(ToolSteps.execute(request.program().words(), request.program().environment()));
        return steps;
    }

    private List<Step> bind() {
        List<Step> steps = new ArrayList<>();
        request.kept().forEach((namespace, file) -> {
            boolean ofChildren = namespace == Namespace.PID || namespace == Namespace.TIME;
            String source = "/proc/" + caller.pid() + "/ns/" + namespace.label() + (ofChildren ? "_for_children" : "");
            steps.add(ToolSteps.step("mount \"" + source + "\" on \"" + file + "\"")
                    .call("mount", text(source), text(file), Arg.nothing(), flags("MS_BIND"), Arg.nothing())
                    .hint(null, "ENOENT", "the file must exist; a PID namespace can be kept only with --fork")
                    .hint(
                            null,
                            "EINVAL",
                            "a mount namespace can be kept only on a mount that is private: mount --bind DIR DIR,"
                                    + " mount --make-private DIR")
                    .build());
        });
        return steps;
    }

    /** Root writes the map; others use a program that may. */
    private void map(List<Step> steps, WrittenMap map, String file, String program) {
        if (map.isEmpty()) {
            return;
        }
        String executable = map.program();
        if (executable == null) {
            steps.add(ToolSteps.write("/proc/" + caller.pid() + "/" + file, String.join("\n", map.ranges()) + "\n")
                    .hint(null, "EPERM", "are all outer ids mapped here?")
                    .hint(null, "EINVAL", "do ranges overlap?")
                    .build());
            return;
        }
        List<String> words = new ArrayList<>(List.of(program, Integer.toString(caller.pid())));
        for (String range : map.ranges()) {
            words.addAll(List.of(range.split(" ")));
        }
        Step execute = ToolSteps.step("execute \"" + executable + "\"")
                .call("execve", text(executable), new Arg.Texts(words), new Arg.Texts(List.of()))
                .build();
        Call clone = Call.must("clone", flags("SIGCHLD"), number(0), number(0), number(0), number(0));
        steps.add(ToolSteps.step("run " + program)
                .add(
                        Fork.of(clone.into(PROGRAM), List.of(execute)),
                        WaitSteps.waitFor(PROGRAM, ENDED),
                        Branch.when(
                                Memory.compare(ENDED, 0, Integer.BYTES),
                                Sign.POSITIVE,
                                ToolSteps.exit(ToolSteps.FAILED)))
                .build());
    }
}
