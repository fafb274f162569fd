package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.Namespace;
import io.jbox.facts.HostFacts;
import io.jbox.facts.IdMap;
import io.jbox.facts.Launch;
import io.jbox.number.HostUid;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Fork;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Makes processes by clone3(2): the box's first one in its namespaces and cgroup, and others in jbox's own.
 */
final class CloneSteps {
    private static final Arg.Cell SIGNAL_MASK = new Arg.Cell("signal-mask", 8);
    /** Size of struct clone_args in bytes. */
    static final int ARGUMENTS = 88;

    private final Config config;
    private final Launch launch;
    private final HostFacts facts;

    CloneSteps(Config config, Launch launch, HostFacts facts) {
        this.config = config;
        this.launch = launch;
        this.facts = facts;
    }

    /** Makes the box's first process. */
    void init(List<Step> steps) {
        List<Flag> flags = new ArrayList<>(List.of(CLONE_VM, CLONE_PIDFD, CLONE_PARENT_SETTID, CLONE_CLEAR_SIGHAND));
        for (Namespace namespace : config.namespaces().fresh()) {
            if (namespace != Namespace.CGROUP) {
                flags.add(namespace.flag());
            }
        }
        if (config.hasUserNamespace()) {
            flags.add(Namespace.USER.flag());
        }
        boolean unified = CgroupFiles.isUnified(facts);
        if (unified) {
            flags.add(CLONE_INTO_CGROUP);
        }
        Arg cgroup = unified ? fd(Descriptors.CGROUP) : number(0);
        // A monitor has all signals blocked anyway.
        boolean monitored = launch.supervision() != null;
        Step.Draft step = Step.by(
                monitored ? Actor.MONITOR : Actor.JBOX,
                "make the first process",
                config.namespaces().place());
        if (!monitored) {
            block(step);
        }
        beforeClone(step);
        bareClone(step, flags, cgroup, Actor.INIT);
        if (!monitored) {
            step.add(Undoing.killChild());
        }
        afterClone(step);
        if (!monitored) {
            unblock(step);
        }
        steps.add(step.hint(CLONE3, Errno.EPERM, permissionHint())
                .hint(CLONE3, Errno.EACCES, "the kernel does not let jbox make a process in the box's cgroup")
                .hint(CLONE3, Errno.ENOSPC, "a limit of /proc/sys/user/max_*_namespaces is reached")
                .hint(CLONE3, Errno.EINVAL, "this kernel lacks one of the namespaces; see \"jbox check\"")
                .build());
    }

    /**
     * The host user that owns the box's namespaces, its first id: the box's inotify, message queue, signal and similar
     * use is charged to that user rather than to the host's root (user_namespaces(7), ucounts). Root if that is the user
     * who runs jbox.
     */
    private HostUid owner() {
        return config.hasUserNamespace() && !facts.isOrdinary()
                ? new IdMap(config.namespaces().idmap()).hostUid(0)
                : HostUid.ROOT;
    }

    /**
     * The kernel takes the owner from the effective user; changing that makes capabilities ineffective
     * (capabilities(7)).
     */
    private void beforeClone(Step.Draft step) {
        if (owner().equals(HostUid.ROOT)) {
            return;
        }
        Set<Capability> all = EnumSet.noneOf(Capability.class);
        for (Capability capability : Capability.values()) {
            if ((facts.capabilities() & capability.bit()) != 0) {
                all.add(capability);
            }
        }
        step.call(SETRESUID, number(-1), number(owner().number()), number(-1));
        CredentialSteps.capset(step, all, Set.of());
    }

    /** Back to root. The change cleared the signal that ties a monitor to jbox. */
    private void afterClone(Step.Draft step) {
        if (owner().equals(HostUid.ROOT)) {
            return;
        }
        step.call(SETRESUID, number(-1), number(0), number(-1));
        if (launch.supervision() != null) {
            step.call(PRCTL, flags(PR_SET_PDEATHSIG), flags(SIGKILL));
        }
    }

    /** Makes a process, with signals blocked so that none reaches a handler of jbox in it. */
    static Step.Draft clone(Step.Draft step, List<Flag> flags, Actor child) {
        block(step);
        bareClone(step, flags, number(0), child).add(Undoing.killChild());
        return unblock(step);
    }

    private static void block(Step.Draft step) {
        step.call(RT_SIGPROCMASK, flags(SIG_SETMASK), DataArg.Signals.ALL, SIGNAL_MASK, number(8));
    }

    private static Step.Draft unblock(Step.Draft step) {
        return step.call(RT_SIGPROCMASK, flags(SIG_SETMASK), SIGNAL_MASK, Arg.nothing(), number(8));
    }

    /**
     * Makes a process; its pid and pidfd are written to {@link Descriptors#CHILD_PID} and {@link
     * Descriptors#CHILD_PIDFD}.
     */
    static Step.Draft bareClone(Step.Draft step, List<Flag> flags, Arg cgroup, Actor child) {
        Arg arguments = Arg.struct(
                Arg.Field.of("flags", new Arg.Flags(flags)),
                Arg.Field.of("pidfd", Descriptors.CHILD_PIDFD),
                Arg.Field.zero(8),
                Arg.Field.of("parent_tid", Descriptors.CHILD_PID),
                Arg.Field.of("exit_signal", flags(SIGCHLD)),
                Arg.Field.zero(24),
                Arg.Field.zero(16),
                cgroup instanceof Arg.Fd ? Arg.Field.of("cgroup", cgroup) : Arg.Field.zero(8));
        return step.add(Fork.of(Call.must(CLONE3, arguments, number(ARGUMENTS)), child));
    }

    private String permissionHint() {
        return !facts.isOrdinary()
                ? "the kernel makes no user namespace in a chroot"
                : "only root can make user namespaces on this host (see \"jbox check\"): sudo jbox ...";
    }
}
