package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.facts.HostFacts;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Fork;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.List;

/** Keeps a box with CAP_SYS_ADMIN from undoing the mounts that jbox makes in it. */
final class MountLockSteps {
    private static final Descriptor HOST_PROC = new Descriptor("host-proc");

    private final Config config;
    private final HostFacts facts;

    MountLockSteps(Config config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
    }

    /** Opens the host's /proc, with the process's namespace files, while it is mounted. */
    void openProc(List<Step> steps) {
        if (isNeeded()) {
            steps.add(Step.by(
                            Actor.INIT,
                            "open the host's /proc",
                            config.confinement().cap().place())
                    .open(HOST_PROC, OPENAT, cwd(), text("/proc"), flags(O_PATH, O_DIRECTORY, O_CLOEXEC))
                    .build());
        }
    }

    /**
     * Continues in a copy of the box's mounts owned by another user namespace below the box's: the kernel locks mounts
     * copied across that boundary (mount_namespaces(7), "Restrictions on mount namespaces"). Nobody in the box can make
     * a locked mount writable, remove its nosuid and nodev, or unmount it to reach what it hides; the box's root may
     * still add mounts beside and over it.
     */
    void lock(List<Step> steps) {
        if (!isNeeded()) {
            return;
        }
        Descriptor copy = new Descriptor("locked-mounts");
        Step.Draft step = Step.by(
                Actor.INIT, "lock the box's mounts", config.confinement().cap().place());
        // The child shares its descriptors with this process: what it opens stays after it has ended, and keeps its
        // mounts.
        Call fork = Call.must(
                CLONE,
                flags(CLONE_VM, CLONE_VFORK, CLONE_FILES, CLONE_NEWUSER, CLONE_NEWNS, SIGCHLD),
                number(0),
                number(0),
                number(0),
                number(0));
        step.add(Fork.of(
                fork,
                List.of(
                        Call.must(OPENAT, fd(HOST_PROC), text("self/ns/mnt"), flags(O_RDONLY, O_CLOEXEC))
                                .opens(copy),
                        Call.must(EXIT_GROUP, number(0)))));
        steps.add(step.call(WAIT4, number(-1), Arg.nothing(), flags(__WALL), Arg.nothing())
                .call(SETNS, fd(copy), flags(CLONE_NEWNS))
                .hint(CLONE, Errno.ENOSPC, "a limit of /proc/sys/user/max_*_namespaces is reached")
                .hint(
                        CLONE,
                        Errno.EPERM,
                        "kernel.unprivileged_userns_clone, where it exists, must be 1 for boxes with sys_admin")
                .hint(SETNS, Errno.EBADF, "the host's /proc does not show a process its own namespaces")
                .build());
    }

    /** Without CAP_SYS_ADMIN no process in the box can change mounts anyway. */
    private boolean isNeeded() {
        return config.hasUserNamespace() && Grants.capabilities(config, facts).contains(Capability.SYS_ADMIN);
    }
}
