package io.jbox.plan;

import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Namespace;
import io.jbox.facts.UnshareRequest;
import io.jbox.program.Arg;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The steps of {@code unshare} on mounts: propagation, a new root, a fresh /proc, formats of programs. */
final class UnshareMountSteps {
    private static final List<Flag> PRIVATE = List.of(MS_REC, MS_PRIVATE);
    private static final Arg NO_ACCESS = flags(MS_NOSUID, MS_NOEXEC, MS_NODEV);

    private final UnshareRequest request;

    UnshareMountSteps(UnshareRequest request) {
        this.request = request;
    }

    /** All of them, in order. */
    void add(List<Step> steps) {
        UnshareRequest.Binfmt binfmt = request.mounts().binfmt();
        propagation(steps);
        if (binfmt == null) {
            root(steps);
            proc(steps);
        } else if (request.mounts().root() != null && binfmt.isFixed()) {
            // The kernel opens the interpreter when it is registered: the new root may not have it.
            binfmt(steps, "/proc/sys/fs/binfmt_misc");
            register(steps, "/proc/sys/fs/binfmt_misc", binfmt.interpreter());
            root(steps);
            proc(steps);
            mountBinfmt(steps, binfmt);
        } else {
            root(steps);
            proc(steps);
            mountBinfmt(steps, binfmt);
            register(steps, binfmt.folder(), binfmt.interpreter());
        }
    }

    private void propagation(List<Step> steps) {
        if (request.namespaces().contains(Namespace.MNT)
                && !request.mounts().propagation().isEmpty()) {
            steps.add(ToolSteps.step("mount propagation of /")
                    .call(
                            MOUNT,
                            text("none"),
                            text("/"),
                            Arg.nothing(),
                            new Arg.Flags(request.mounts().propagation()),
                            Arg.nothing())
                    .build());
        }
    }

    private void root(List<Step> steps) {
        String root = request.mounts().root();
        if (root != null) {
            steps.add(ToolSteps.step("chroot \"" + root + "\"")
                    .call(CHROOT, text(root))
                    .build());
        }
        String folder = request.mounts().folder() == null && root != null
                ? "/"
                : request.mounts().folder();
        if (folder != null) {
            steps.add(ToolSteps.step("chdir \"" + folder + "\"")
                    .call(CHDIR, text(folder))
                    .build());
        }
    }

    private void proc(List<Step> steps) {
        String proc = request.mounts().proc();
        if (proc == null) {
            return;
        }
        Step.Draft step = ToolSteps.step("mount \"proc\" on \"" + proc + "\"");
        if (request.mounts().root() == null && !request.mounts().propagation().equals(PRIVATE)) {
            // Unless it is the usual one, it is not a mount point: EINVAL then.
            step.tolerate(MOUNT, text("none"), text(proc), Arg.nothing(), new Arg.Flags(PRIVATE), Arg.nothing());
        }
        steps.add(step.call(MOUNT, text("proc"), text(proc), text("proc"), NO_ACCESS, Arg.nothing())
                .hint(
                        null,
                        Errno.EPERM,
                        "proc needs a PID namespace of the same user namespace (--pid --fork), and a /proc without mounts over parts of it")
                .hint(null, Errno.ENOENT, "the folder must exist")
                .build());
    }

    private static void mountBinfmt(List<Step> steps, UnshareRequest.Binfmt binfmt) {
        if (binfmt.proc()) {
            steps.add(ToolSteps.step("mount \"proc\" on \"/proc\"")
                    .call(MOUNT, text("proc"), text("/proc"), text("proc"), NO_ACCESS, Arg.nothing())
                    .build());
        }
        binfmt(steps, binfmt.folder());
    }

    private static void binfmt(List<Step> steps, String folder) {
        steps.add(ToolSteps.step("mount \"binfmt_misc\" on \"" + folder + "\"")
                .call(MOUNT, text("binfmt_misc"), text(folder), text("binfmt_misc"), NO_ACCESS, Arg.nothing())
                .hint(null, Errno.EPERM, "allowed in a user namespace since Linux 6.7")
                .hint(null, Errno.ENODEV, "modprobe binfmt_misc")
                .build());
    }

    private static void register(List<Step> steps, String folder, @Nullable String interpreter) {
        if (interpreter != null) {
            steps.add(ToolSteps.write(folder + "/register", interpreter)
                    .hint(null, Errno.EINVAL, ":NAME:TYPE:OFFSET:MAGIC:MASK:INTERPRETER:FLAGS")
                    .build());
        }
    }
}
