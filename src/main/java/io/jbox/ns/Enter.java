package io.jbox.ns;

import io.jbox.config.Namespace;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs a program in namespaces that are there, as nsenter(1) does: in this very process, or in a child of it where that
 * needs a PID namespace.
 *
 * <p>The user namespace is entered last if that can be, and first if what else is wanted needs the privilege that it
 * gives: everything else is tried first, and what was refused once more behind it.
 */
public final class Enter {
    private static final Map<Integer, String> REFUSED = Map.of(
            Errno.EPERM,
            "CAP_SYS_ADMIN is wanted here and in the user namespace that owns it: enter that as well (-U), or be root",
            Errno.EINVAL,
            "the caller's own user namespace cannot be entered again; a file must be of the namespace's kind",
            Errno.ESRCH,
            "the process has ended");

    private final Kernel kernel;
    private final Caller caller;
    private final Request request;

    /**
     * What is asked for.
     *
     * @param target descriptor of a process (pidfd_open(2)); -1 without one
     * @param ofTarget the namespaces of it
     * @param files descriptors of other namespaces
     * @param root descriptor of the new root directory, or -1
     * @param folder descriptor of the new working directory, or -1
     * @param inside the new working directory's path in there, or null
     * @param cgroups descriptors of the cgroup.procs to be in
     * @param fork whether the program runs in a child
     * @param uid to become, or null
     * @param gid the same
     * @param keepCapabilities whether those that the user namespace gives survive the execution although the user is not root
     * @param environment of the program
     * @param words the program and its arguments; empty for a shell
     */
    public record Request(
            int target,
            Set<Namespace> ofTarget,
            Map<Namespace, Integer> files,
            int root,
            int folder,
            @Nullable String inside,
            List<Integer> cgroups,
            boolean fork,
            @Nullable Long uid,
            @Nullable Long gid,
            boolean keepCapabilities,
            List<byte[]> environment,
            List<byte[]> words) {
        private boolean user() {
            return ofTarget.contains(Namespace.USER) || files.containsKey(Namespace.USER);
        }

        private List<Integer> descriptors() {
            List<Integer> all = new ArrayList<>(files.values());
            all.addAll(cgroups);
            for (int descriptor : new int[] {target, root, folder}) {
                if (descriptor >= 0) {
                    all.add(descriptor);
                }
            }
            return all;
        }
    }

    public Enter(Kernel kernel, Caller caller, Request request) {
        this.kernel = kernel;
        this.caller = caller;
        this.request = request;
    }

    /**
     * Becomes the program; does not return if that succeeds.
     *
     * @param arguments as ps is to show them
     */
    public JboxException become(List<byte[]> arguments) {
        return program().become(arguments);
    }

    /** Puts the program together and forgets it. */
    public void rehearse() {
        program().rehearse();
    }

    private ToolProgram program() {
        int texts = Execution.size(request.words, request.environment);
        ToolProgram tool = new ToolProgram(kernel, "nsenter", caller, texts, request.descriptors());
        // Groups must be dropped before or after the user namespace is entered, and only one of them may be allowed.
        Op before = request.user() && request.gid != null ? tool.may(Syscall.SETGROUPS, 0, 0) : null;
        enter(tool);
        folders(tool);
        for (int cgroup : request.cgroups) {
            tool.must("join the cgroup", Syscall.WRITE, cgroup, tool.text("0"), 1);
        }
        if (request.fork) {
            ChildWait child = new ChildWait(tool);
            Op fork = child.fork(Map.of(Errno.ENOMEM, "the PID namespace has no init any more"));
            child.awaitStopping(fork);
            child.child(fork);
        }
        credentials(tool, before);
        if (request.keepCapabilities && request.user()) {
            Unshare.keepCapabilities(tool);
        }
        tool.execute(request.words, request.environment);
        return tool;
    }

    private void enter(ToolProgram tool) {
        long user = flag(Namespace.USER);
        long others = 0;
        for (Namespace namespace : request.ofTarget) {
            others |= flag(namespace);
        }
        boolean userOfTarget = (others & user) != 0;
        others &= ~user;
        Op first = others == 0 ? null : tool.may(Syscall.SETNS, request.target, others);
        List<Op> tried = new ArrayList<>();
        List<Map.Entry<Namespace, Integer>> files = new ArrayList<>();
        for (Map.Entry<Namespace, Integer> file : request.files.entrySet()) {
            if (file.getKey() != Namespace.USER) {
                files.add(file);
                tried.add(tool.may(Syscall.SETNS, file.getValue(), flag(file.getKey())));
            }
        }
        Integer userFile = request.files.get(Namespace.USER);
        if (userFile != null) {
            tool.must("enter the user namespace", REFUSED, Syscall.SETNS, userFile, user);
        }
        again(tool, first, "enter the namespaces of the target", request.target, others, userOfTarget ? user : 0);
        for (int i = 0; i < files.size(); i++) {
            Namespace namespace = files.get(i).getKey();
            String subject = "enter the " + namespace.label() + " namespace";
            again(tool, tried.get(i), subject, files.get(i).getValue(), flag(namespace), 0);
        }
    }

    /** What was refused is tried once more, together with what was not tried yet. */
    private static void again(
            ToolProgram tool, @Nullable Op tried, String subject, int descriptor, long flags, long more) {
        Program program = tool.program();
        if (tried == null) {
            if (more != 0) {
                tool.must(subject, REFUSED, Syscall.SETNS, descriptor, more);
            }
            return;
        }
        Op refused = tool.ifNotZero();
        tried.store(refused.argumentAddress(ToolProgram.NUMBER));
        Op retry = tool.must(subject, REFUSED, Syscall.SETNS, descriptor, flags | more);
        refused.onPositive(retry.address());
        if (more == 0) {
            refused.onZero(program.next());
            return;
        }
        Op rest = tool.must(subject, REFUSED, Syscall.SETNS, descriptor, more);
        refused.onZero(rest.address());
        retry.onZero(program.next()).onPositive(program.next());
    }

    private long flag(Namespace namespace) {
        return Constants.value(namespace.flag(), kernel.processor());
    }

    private void folders(ToolProgram tool) {
        Op here = null;
        if (request.root >= 0) {
            if (request.folder < 0 && request.inside == null) {
                here = tool.must(
                        "the working directory",
                        Syscall.OPENAT,
                        Constants.AT_FDCWD,
                        tool.text("."),
                        Constants.O_RDONLY | Constants.O_CLOEXEC);
            }
            tool.must("the root directory", Syscall.FCHDIR, request.root);
            tool.must("chroot", Syscall.CHROOT, tool.text("."));
            tool.must("chdir \"/\"", Syscall.CHDIR, tool.text("/"));
        }
        if (request.inside != null) {
            tool.must("chdir \"" + request.inside + "\"", Syscall.CHDIR, tool.text(request.inside));
        } else if (request.folder >= 0) {
            tool.must("the working directory", Syscall.FCHDIR, request.folder);
        } else if (here != null) {
            here.store(tool.must("the working directory", Syscall.FCHDIR, 0).argumentAddress(0));
        }
    }

    private void credentials(ToolProgram tool, @Nullable Op before) {
        if (before == null) {
            Unshare.credentials(tool, request.uid, request.gid);
            return;
        }
        Op after = tool.may(Syscall.SETGROUPS, 0, 0);
        Op first = tool.ifNotZero();
        before.store(first.argumentAddress(ToolProgram.NUMBER));
        Op both = tool.must(
                "setgroups",
                Map.of(Errno.EPERM, "where an ordinary user has mapped its group: --preserve-credentials"),
                Syscall.SETGROUPS,
                0,
                0);
        after.onZero(tool.program().next()).onNegative(first.address());
        first.onZero(tool.program().next()).onPositive(both.address());
        Unshare.become(tool, request.uid, request.gid);
    }
}
