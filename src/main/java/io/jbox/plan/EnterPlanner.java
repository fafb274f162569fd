package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Namespace;
import io.jbox.facts.Caller;
import io.jbox.facts.EnterRequest;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Memory;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Plans {@code nsenter}: runs a program in existing namespaces, in this process, or in a child if a PID namespace
 * requires one.
 *
 * <p>The user namespace is entered last if possible, and first if the others need the privilege that it gives: all
 * others are tried first, and those refused are retried after it.
 */
public final class EnterPlanner {
    private static final Arg.Cell GROUPS_DROPPED = new Arg.Cell("groups-dropped", 8);
    private static final Arg.Cell TARGET_ENTERED = new Arg.Cell("target-entered", 8);

    private final EnterRequest request;
    private final Step execution;
    private final ToolSteps tool;

    public EnterPlanner(Caller caller, EnterRequest request) {
        this(
                caller,
                request,
                ToolSteps.execute(request.program().words(), request.program().environment()));
    }

    /** @param execution the last step */
    EnterPlanner(Caller caller, EnterRequest request, Step execution) {
        this.request = request;
        this.execution = execution;
        this.tool = new ToolSteps("nsenter", caller);
    }

    /**
     * @param arguments as ps shows them
     * @param given the open descriptors
     */
    public Plan plan(List<String> arguments, List<Descriptor> given) {
        Plan.Draft plan = new Plan.Draft("nsenter");
        tool.become(plan, arguments, given);
        List<Step> steps = plan.at(Phase.LIVE);
        steps.add(tool.begin(given));
        // Groups must be dropped either before or after the user namespace is entered; only one of the two may be
        // permitted.
        boolean before = request.user() && request.program().gid() != null;
        if (before) {
            steps.add(ToolSteps.step("drop the groups, if that is allowed here")
                    .add(Call.may(SETGROUPS, number(0), Arg.nothing()).into(GROUPS_DROPPED))
                    .build());
        }
        enter(steps);
        folders(steps);
        for (int i = 0; i < request.cgroups(); i++) {
            steps.add(ToolSteps.step("join the cgroup")
                    .call(WRITE, fd(Descriptors.procs(i)), text("0"), number(1))
                    .build());
        }
        List<Step> last = new ArrayList<>();
        credentials(last, before);
        if (request.program().keepCapabilities() && request.user()) {
            last.add(ToolSteps.keepCapabilities());
        }
        last.add(execution);
        if (request.fork()) {
            steps.add(WaitSteps.fork(List.<Statement>copyOf(last))
                    .hint(CLONE, Errno.ENOMEM, "the PID namespace has lost its init")
                    .build());
            steps.add(WaitSteps.awaitStopping());
        } else {
            steps.addAll(last);
        }
        return plan.build();
    }

    private void enter(List<Step> steps) {
        Set<Namespace> others = new TreeSet<>(request.ofTarget());
        boolean userOfTarget = others.remove(Namespace.USER);
        Set<Namespace> files = new TreeSet<>(request.files());
        boolean userFile = files.remove(Namespace.USER);
        Step.Draft first = ToolSteps.step("enter the namespaces that can be entered without the user namespace");
        if (!others.isEmpty()) {
            first.add(setns(true, Descriptors.TARGET, others).into(TARGET_ENTERED));
        }
        for (Namespace file : files) {
            first.add(setns(true, Descriptors.namespace(file), Set.of(file)).into(entered(file)));
        }
        steps.add(first.build());
        if (userFile) {
            steps.add(refused(ToolSteps.step("enter the user namespace")
                            .add(setns(false, Descriptors.namespace(Namespace.USER), Set.of(Namespace.USER))))
                    .build());
        }
        if (!others.isEmpty() || userOfTarget) {
            steps.add(again(others, userOfTarget));
        }
        for (Namespace file : files) {
            Descriptor descriptor = Descriptors.namespace(file);
            steps.add(refused(ToolSteps.step("enter the " + file.label() + " namespace")
                            .add(Branch.when(
                                    Memory.compare(entered(file), 0, Integer.BYTES),
                                    Sign.POSITIVE,
                                    setns(false, descriptor, Set.of(file)))))
                    .build());
        }
    }

    /** Retries what was refused, together with the user namespace. */
    private static Step again(Set<Namespace> others, boolean user) {
        Set<Namespace> all = new TreeSet<>(others);
        if (user) {
            all.add(Namespace.USER);
        }
        Step.Draft step = ToolSteps.step("enter the namespaces of the target");
        Call everything = setns(false, Descriptors.TARGET, all);
        if (others.isEmpty()) {
            step.add(everything);
        } else {
            if (user) {
                Call rest = setns(false, Descriptors.TARGET, Set.of(Namespace.USER));
                step.add(Branch.when(Memory.compare(TARGET_ENTERED, 0, Integer.BYTES), Sign.ZERO, rest));
            }
            step.add(Branch.when(Memory.compare(TARGET_ENTERED, 0, Integer.BYTES), Sign.POSITIVE, everything));
        }
        return refused(step).build();
    }

    private static Arg.Cell entered(Namespace file) {
        return new Arg.Cell(file.label() + "-entered", Long.BYTES);
    }

    private static Call setns(boolean mayFail, Descriptor descriptor, Set<Namespace> namespaces) {
        List<Flag> flags = new ArrayList<>();
        for (Namespace namespace : namespaces) {
            flags.add(namespace.flag());
        }
        Arg kinds = new Arg.Flags(flags);
        return mayFail ? Call.may(SETNS, fd(descriptor), kinds) : Call.must(SETNS, fd(descriptor), kinds);
    }

    private static Step.Draft refused(Step.Draft step) {
        return step.hint(
                        SETNS,
                        Errno.EPERM,
                        "needs CAP_SYS_ADMIN here and in the owning user namespace: enter that too (-U), or run as root")
                .hint(
                        SETNS,
                        Errno.EINVAL,
                        "the caller's own user namespace cannot be entered again; a file must be of the namespace's"
                                + " kind")
                .hint(SETNS, Errno.ESRCH, "the process has ended");
    }

    private void folders(List<Step> steps) {
        Descriptor here = new Descriptor("here");
        boolean keepsFolder = request.folders().root()
                && !request.folders().working()
                && request.folders().inside() == null;
        if (keepsFolder) {
            steps.add(ToolSteps.step("the working directory")
                    .open(here, OPENAT, Arg.cwd(), text("."), flags(O_RDONLY, O_CLOEXEC))
                    .build());
        }
        if (request.folders().root()) {
            steps.add(ToolSteps.step("the root directory")
                    .call(FCHDIR, fd(Descriptors.NEW_ROOT))
                    .build());
            steps.add(ToolSteps.step("chroot").call(CHROOT, text(".")).build());
            steps.add(ToolSteps.step("chdir \"/\"").call(CHDIR, text("/")).build());
        }
        if (request.folders().inside() != null) {
            steps.add(ToolSteps.step("chdir \"" + request.folders().inside() + "\"")
                    .call(CHDIR, text(request.folders().inside()))
                    .build());
        } else if (request.folders().working() || keepsFolder) {
            steps.add(ToolSteps.step("the working directory")
                    .call(FCHDIR, fd(keepsFolder ? here : Descriptors.NEW_FOLDER))
                    .build());
        }
    }

    private void credentials(List<Step> steps, boolean before) {
        if (before) {
            Call again = Call.must(SETGROUPS, number(0), Arg.nothing());
            steps.add(ToolSteps.step("setgroups")
                    .add(Branch.when(
                            Call.may(SETGROUPS, number(0), Arg.nothing()),
                            Sign.NEGATIVE,
                            Branch.when(Memory.compare(GROUPS_DROPPED, 0, Integer.BYTES), Sign.POSITIVE, again)))
                    .hint(
                            SETGROUPS,
                            Errno.EPERM,
                            "setgroups is denied in user namespaces that an unprivileged user made: use --preserve-credentials")
                    .build());
        }
        ToolSteps.credentials(steps, request.program().uid(), request.program().gid(), !before);
    }
}
