package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Namespace;
import io.jbox.facts.Caller;
import io.jbox.facts.UnshareRequest;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Plans {@code unshare}: runs a program in new namespaces, in this process, or with --fork in a child of it.
 *
 * <pre>
 *   this process                    outside, if they are needed     child
 *    clone ─────────────────────────► wait
 *    unshare
 *    write(pipe) ───────────────────► id maps of more than one id
 *    clone ────────────────────────────────────────────────────────► …
 *    write(pipe) ───────────────────► bind mounts that keep them
 *    wait, and end like the child                                    maps, mounts, ids, execve
 * </pre>
 */
public final class UnsharePlanner {
    private static final List<Flag> FORWARDED = List.of(SIGINT, SIGTERM);

    private final Caller caller;
    private final UnshareRequest request;
    private final Step execution;
    private final UnshareIdSteps ids;
    private final ToolSteps tool;
    private final @Nullable OutsideProcess mapper;
    private final @Nullable OutsideProcess binder;

    public UnsharePlanner(Caller caller, UnshareRequest request) {
        this(
                caller,
                request,
                ToolSteps.execute(request.program().words(), request.program().environment()));
    }

    /** @param execution the last step */
    UnsharePlanner(Caller caller, UnshareRequest request, Step execution) {
        this.execution = execution;
        this.caller = caller;
        this.request = request;
        this.ids = new UnshareIdSteps(caller, request);
        this.tool = new ToolSteps("unshare", caller);
        this.mapper = ids.needOutside() ? new OutsideProcess("mapper", "writes the id maps") : null;
        // The bind mounts must be visible outside, and made by a process that may mount there.
        boolean outside = !request.kept().isEmpty()
                && (request.namespaces().contains(Namespace.MNT)
                        || request.namespaces().contains(Namespace.USER));
        this.binder = outside ? new OutsideProcess("binder", "mounts the namespaces on files") : null;
    }

    /**
     * @param arguments as ps shows them
     * @param processors the caller's processors, as sched_setaffinity(2) takes them; empty if unchanged
     */
    public Plan plan(List<String> arguments, byte[] processors) {
        Plan.Draft plan = new Plan.Draft("unshare");
        List<Descriptor> pipes = new ArrayList<>();
        for (OutsideProcess process : outside()) {
            plan.at(Phase.PREPARE).add(process.pipe());
            pipes.add(process.told());
            pipes.add(process.tell());
        }
        tool.become(plan, arguments, List.of());
        List<Step> steps = plan.at(Phase.LIVE);
        steps.add(tool.begin(pipes));
        if (binder != null) {
            steps.add(binder.make(bind(), pipes));
        }
        if (mapper != null) {
            steps.add(mapper.make(ids.outside(), pipes));
        }
        UnshareRequest.Owner owner = request.ids().owner();
        if (owner != null) {
            ToolSteps.credentials(steps, owner.uid(), owner.gid(), true);
        }
        unshare(steps, processors);
        if (mapper != null) {
            steps.add(mapper.release());
        }
        request.clocks()
                .forEach((clock, seconds) ->
                        steps.add(ToolSteps.write("/proc/self/timens_offsets", clock + " " + seconds + " 0")
                                .hint(WRITE, Errno.ERANGE, "the clock would be negative, or too far ahead")
                                .build()));
        if (request.child() != null) {
            fork(steps, request.child());
        } else {
            keepNamespaces(steps);
            steps.addAll(own());
        }
        return plan.build();
    }

    private List<OutsideProcess> outside() {
        List<OutsideProcess> processes = new ArrayList<>();
        if (mapper != null) {
            processes.add(mapper);
        }
        if (binder != null) {
            processes.add(binder);
        }
        return processes;
    }

    private void unshare(List<Step> steps, byte[] processors) {
        List<Flag> flags = new ArrayList<>();
        for (Namespace namespace : request.namespaces()) {
            flags.add(namespace.flag());
        }
        boolean own = caller.uid() == 0 || request.namespaces().contains(Namespace.USER);
        Step.Draft step = ToolSteps.step("unshare")
                .call(UNSHARE, new Arg.Flags(flags))
                .hint(
                        UNSHARE,
                        Errno.EPERM,
                        own
                                ? "unprivileged users may not make such namespaces on this host"
                                : "only root may, or with --map-root-user (-r) the root of a user namespace")
                .hint(
                        UNSHARE,
                        Errno.ENOSPC,
                        "the limit of /proc/sys/user/max_*_namespaces, or of nested ones, is reached")
                .hint(UNSHARE, Errno.EINVAL, "the kernel lacks one of them");
        if (processors.length > 0) {
            step.tolerate(
                    SCHED_SETAFFINITY,
                    number(0),
                    number(processors.length),
                    new DataArg.Data("the caller's processors", processors));
        }
        steps.add(step.build());
    }

    private void keepNamespaces(List<Step> steps) {
        if (binder != null) {
            steps.add(binder.release());
        } else {
            steps.addAll(bind());
        }
    }

    private void fork(List<Step> steps, UnshareRequest.Child child) {
        Step.Draft prepare = ToolSteps.step("prepare to outlive the child").add(WaitSteps.blockInterrupts());
        if (child.forward()) {
            // Includes those that the caller ignores: they are caught to be forwarded. The child ignores them again.
            for (Flag signal : FORWARDED) {
                prepare.tolerate(
                        RT_SIGACTION, flags(signal), ToolSteps.action(SIG_DFL), Arg.nothing(), ToolSteps.SIGNAL_SET);
            }
        }
        Descriptor parent = new Descriptor("parent");
        if (child.deathSignal() != 0) {
            prepare.open(parent, PIDFD_OPEN, number(caller.pid()), number(0));
        }
        steps.add(prepare.build());
        List<Statement> body = new ArrayList<>();
        body.add(beginChild(child, parent));
        body.addAll(own());
        steps.add(WaitSteps.fork(body)
                .hint(CLONE, Errno.ENOMEM, "the PID namespace has lost its init, or there is no memory")
                .hint(CLONE, Errno.EINVAL, "PID namespaces are nested too deeply")
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
            Arg pollfd = struct(new Arg.Field("fd", 4, fd(parent)), new Arg.Field("events", 4, flags(POLLIN)));
            step.call(PRCTL, flags(PR_SET_PDEATHSIG), number(child.deathSignal()))
                    .add(Branch.when(
                            Call.may(PPOLL, pollfd, number(1), Times.AT_ONCE, Arg.nothing(), ToolSteps.SIGNAL_SET),
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
        ids.inside(steps);
        new UnshareMountSteps(request).add(steps);
        ToolSteps.credentials(steps, request.program().uid(), request.program().gid(), true);
        if (request.program().keepCapabilities() && request.namespaces().contains(Namespace.USER)) {
            steps.add(ToolSteps.keepCapabilities());
        }
        steps.add(execution);
        return steps;
    }

    private List<Step> bind() {
        List<Step> steps = new ArrayList<>();
        request.kept().forEach((namespace, file) -> {
            boolean ofChildren = namespace == Namespace.PID || namespace == Namespace.TIME;
            String source = "/proc/" + caller.pid() + "/ns/" + namespace.label() + (ofChildren ? "_for_children" : "");
            steps.add(ToolSteps.step("mount \"" + source + "\" on \"" + file + "\"")
                    .call(MOUNT, text(source), text(file), Arg.nothing(), flags(MS_BIND), Arg.nothing())
                    .hint(null, Errno.ENOENT, "the file must exist; a PID namespace can be kept only with --fork")
                    .hint(
                            null,
                            Errno.EINVAL,
                            "a mount namespace can be kept only on a mount that is private: mount --bind DIR DIR,"
                                    + " mount --make-private DIR")
                    .build());
        });
        return steps;
    }
}
