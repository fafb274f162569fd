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
 * Runs a program in new namespaces, as unshare(1) does: in this very process, or with --fork in a child of it.
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
public final class Unshare {
    private static final List<Integer> FORWARDED = List.of(Constants.SIGINT, Constants.SIGTERM);
    private static final int LAST_CAPABILITY = 40;
    private static final int WORD = Integer.BYTES;
    private static final long PRIVATE = Constants.MS_REC | Constants.MS_PRIVATE;

    private final Kernel kernel;
    private final Caller caller;
    private final Request request;
    private final IdMaps users;
    private final IdMaps groups;

    /**
     * What is asked for.
     *
     * @param namespaces to be made
     * @param kept the files that namespaces are bind-mounted on, so that they outlive their processes
     * @param fork whether the program runs in a child
     * @param deathSignal what the child gets when this process ends; 0 for nothing
     * @param forward whether SIGINT and SIGTERM are passed on to the child
     * @param user what the caller is mapped to alone
     * @param group what the caller's group is mapped to alone
     * @param users ranges of ids, written from outside
     * @param groups the same
     * @param setgroups allow, deny or null
     * @param propagation mount flags for all mounts of a new mount namespace; 0 to leave them alone
     * @param proc where to mount a fresh /proc, or null
     * @param root the new root directory, or null
     * @param folder the new working directory, or null
     * @param uid to become in the end, or null
     * @param gid the same
     * @param keepCapabilities whether capabilities survive the execution although the user is not root
     * @param monotonic offset of the clock, seconds
     * @param boottime the same
     * @param owner of a new user namespace; null for the caller
     * @param binfmt null for none
     * @param environment of the program
     * @param words the program and its arguments; empty for a shell
     */
    public record Request(
            Set<Namespace> namespaces,
            Map<Namespace, String> kept,
            boolean fork,
            int deathSignal,
            boolean forward,
            @Nullable Long user,
            @Nullable Long group,
            IdMaps users,
            IdMaps groups,
            @Nullable String setgroups,
            long propagation,
            @Nullable String proc,
            @Nullable String root,
            @Nullable String folder,
            @Nullable Long uid,
            @Nullable Long gid,
            boolean keepCapabilities,
            @Nullable Long monotonic,
            @Nullable Long boottime,
            @Nullable Owner owner,
            @Nullable Binfmt binfmt,
            List<byte[]> environment,
            List<byte[]> words) {}

    /** Whose the user namespace is to be: who makes it. */
    public record Owner(long uid, long gid) {}

    /**
     * Formats of programs of a user namespace's own (binfmt_misc).
     *
     * @param folder where they are mounted
     * @param proc whether a /proc is mounted first, that the folder is in
     * @param interpreter what is registered, as the kernel reads it; null for nothing
     */
    public record Binfmt(
            String folder, boolean proc, @Nullable String interpreter) {}

    public Unshare(Kernel kernel, Caller caller, Request request) {
        this.kernel = kernel;
        this.caller = caller;
        this.request = request;
        this.users = ofOwner(request.users, request.user, caller.uid());
        this.groups = ofOwner(request.groups, request.group, caller.gid());
    }

    /** Who has become another user before may not write its own maps any more: a helper does, as for maps of several. */
    private IdMaps ofOwner(IdMaps maps, @Nullable Long single, long outer) {
        return request.owner != null && single != null && maps.ranges().isEmpty()
                ? new IdMaps(List.of(new IdRange(single, outer, 1)), null)
                : maps;
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
        boolean mapped = !users.ranges().isEmpty() || !groups.ranges().isEmpty();
        // What is bind-mounted must be seen by those who stay, and by whoever may mount there.
        boolean outside = !request.kept.isEmpty()
                && (request.namespaces.contains(Namespace.MNT) || request.namespaces.contains(Namespace.USER));
        int[] maps = mapped ? Pipes.open(kernel) : new int[0];
        int[] binds = outside ? Pipes.open(kernel) : new int[0];
        List<Integer> descriptors = new ArrayList<>();
        for (int end : maps) {
            descriptors.add(end);
        }
        for (int end : binds) {
            descriptors.add(end);
        }
        byte[] processors = request.kept.containsKey(Namespace.MNT)
                ? new MountNamespaceOrder(kernel).choose(request.namespaces.contains(Namespace.USER))
                : new byte[0];
        int texts = Execution.size(request.words, request.environment);
        ToolProgram tool = new ToolProgram(kernel, "unshare", caller, texts, descriptors);
        ChildWait child = new ChildWait(tool);
        Op binder = null;
        if (outside) {
            Helper helper = new Helper(tool, child, binds, descriptors);
            bind(tool);
            binder = helper.end();
        }
        Op mapper = null;
        if (mapped) {
            Helper helper = new Helper(tool, child, maps, descriptors);
            map(tool, users, "uid_map", "newuidmap");
            map(tool, groups, "gid_map", "newgidmap");
            mapper = helper.end();
        }

        if (request.owner != null) {
            credentials(tool, request.owner.uid(), request.owner.gid());
        }
        tool.must("unshare", hints(), Syscall.UNSHARE, flags());
        if (processors.length > 0) {
            Program program = tool.program();
            tool.may(Syscall.SCHED_SETAFFINITY, 0, processors.length, program.bytes(processors));
        }
        if (mapper != null) {
            release(tool, mapper, maps);
        }
        clock(tool, "boottime", request.boottime);
        clock(tool, "monotonic", request.monotonic);
        if (request.fork) {
            fork(tool, child, binder, binds);
        } else if (binder != null) {
            release(tool, binder, binds);
        } else {
            bind(tool);
        }
        own(tool);
        tool.execute(request.words, request.environment);
        return tool;
    }

    /** A process that stays behind as it is, and works when it is told to: of the pipe's end of file it dies. */
    private static final class Helper {
        private final ToolProgram tool;
        private final Op fork;
        private final Op parent;
        private final Op read;

        /**
         * What is added next is what it does.
         *
         * @param pipe that it waits at
         * @param pipes all ends of all pipes: one that another helper has would keep them both waiting
         */
        Helper(ToolProgram tool, ChildWait child, int[] pipe, List<Integer> pipes) {
            this.tool = tool;
            Program program = tool.program();
            fork = child.fork(Map.of());
            parent = program.op(Syscall.CLOSE, pipe[0]);
            child.child(fork);
            for (int end : pipes) {
                if (end != pipe[0]) {
                    program.op(Syscall.CLOSE, end);
                }
            }
            read = program.op(Syscall.READ, pipe[0], program.space(1), 1);
        }

        /** What is added from now on is its parent's again. */
        Op end() {
            tool.exit(0);
            Op dead = tool.exit(ToolProgram.FAILED);
            read.onZero(dead.address()).onNegative(dead.address());
            tool.otherProcess();
            parent.next(tool.program().next());
            return fork;
        }
    }

    /** Lets a helper work, and waits for it. */
    private static void release(ToolProgram tool, Op fork, int[] pipe) {
        Program program = tool.program();
        program.op(Syscall.WRITE, pipe[1], tool.text("1"), 1);
        program.op(Syscall.CLOSE, pipe[1]);
        Op wait = program.op(Syscall.WAIT4, 0, 0, 0, 0);
        fork.store(wait.argumentAddress(0));
        Op failed = tool.ifNotZero();
        wait.argument(1, failed.argumentAddress(ToolProgram.NUMBER));
        Op exit = tool.exit(ToolProgram.FAILED);
        wait.onNegative(exit.address());
        failed.onPositive(exit.address()).onZero(program.next());
    }

    private void fork(ToolProgram tool, ChildWait child, @Nullable Op binder, int[] binds) {
        Program program = tool.program();
        child.blockInterrupts();
        if (request.forward) {
            // Also those that the caller ignores: they are caught to be passed on. The child ignores them again.
            for (int signal : FORWARDED) {
                tool.may(Syscall.RT_SIGACTION, signal, program.words(0, 0, 0, 0), 0, Long.BYTES);
            }
        }
        long pollfd = program.words((long) Constants.POLLIN << Integer.SIZE);
        if (request.deathSignal != 0) {
            tool.must("pidfd_open", Syscall.PIDFD_OPEN, caller.pid(), 0).store(pollfd);
        }
        Op fork = child.fork(Map.of(
                Errno.ENOMEM,
                "the PID namespace has no init any more, or there is no memory",
                Errno.EINVAL,
                "a PID namespace is nested too deeply"));
        if (binder != null) {
            release(tool, binder, binds);
        } else {
            bind(tool);
        }
        if (request.forward) {
            child.awaitForwarding(fork);
        } else {
            child.await(fork);
        }
        child.child(fork);
        if (request.forward) {
            for (int signal : FORWARDED) {
                if (caller.ignores(signal)) {
                    tool.ignore(signal);
                }
            }
        }
        tool.restoreSignals(caller);
        if (request.deathSignal != 0) {
            tool.must("prctl", Syscall.PRCTL, Constants.PR_SET_PDEATHSIG, request.deathSignal);
            Op orphan = program.op(Syscall.PPOLL, pollfd, 1, program.words(0, 0), 0, Long.BYTES);
            Op exit = tool.exit(ToolProgram.FAILED);
            orphan.next(program.next()).onPositive(exit.address());
        }
    }

    /** What the process does that will be the program. */
    private void own(ToolProgram tool) {
        Map<Integer, String> maps = Map.of(
                Errno.EPERM,
                "an ordinary user may map nobody but the own user and group; --map-auto takes those of /etc/subuid");
        if (request.user != null && users.ranges().isEmpty()) {
            tool.writeFile("/proc/self/uid_map", request.user + " " + caller.uid() + " 1", maps);
        }
        if (request.group != null && groups.ranges().isEmpty()) {
            // Since Linux 3.19 nobody without privilege may write gid_map before (user_namespaces(7)).
            tool.writeFile("/proc/self/setgroups", "deny", Map.of());
            tool.writeFile("/proc/self/gid_map", request.group + " " + caller.gid() + " 1", maps);
        }
        if (request.setgroups != null) {
            tool.writeFile(
                    "/proc/self/setgroups",
                    request.setgroups,
                    Map.of(Errno.EPERM, "once a group is mapped or setgroups denied, it cannot be allowed any more"));
        }
        mounts(tool);
        if (request.binfmt != null) {
            binfmt(tool, request.binfmt);
        }
        credentials(tool, request.uid, request.gid);
        if (request.keepCapabilities && request.namespaces.contains(Namespace.USER)) {
            keepCapabilities(tool);
        }
    }

    private void mounts(ToolProgram tool) {
        long none = tool.text("none");
        if (request.namespaces.contains(Namespace.MNT) && request.propagation != 0) {
            tool.must("mount propagation of /", Syscall.MOUNT, none, tool.text("/"), 0, request.propagation, 0);
        }
        if (request.root != null) {
            tool.must("chroot \"" + request.root + "\"", Syscall.CHROOT, tool.text(request.root));
        }
        String folder = request.folder == null && request.root != null ? "/" : request.folder;
        if (folder != null) {
            tool.must("chdir \"" + folder + "\"", Syscall.CHDIR, tool.text(folder));
        }
        if (request.proc == null) {
            return;
        }
        long proc = tool.text("proc");
        long point = tool.text(request.proc);
        if (request.root == null && request.propagation != PRIVATE) {
            // It is no mount point if it is not the usual one: EINVAL then.
            tool.may(Syscall.MOUNT, none, point, 0, PRIVATE, 0);
        }
        tool.must(
                "mount \"proc\" on \"" + request.proc + "\"",
                Map.of(
                        Errno.EPERM,
                        "proc wants a PID namespace of the same user namespace (--pid --fork), and an own /proc with"
                                + " nothing mounted over it",
                        Errno.ENOENT,
                        "the folder must be there"),
                Syscall.MOUNT,
                proc,
                point,
                proc,
                Constants.MS_NOSUID | Constants.MS_NOEXEC | Constants.MS_NODEV,
                0);
    }

    private static void binfmt(ToolProgram tool, Binfmt binfmt) {
        long type = tool.text("binfmt_misc");
        long flags = Constants.MS_NOSUID | Constants.MS_NOEXEC | Constants.MS_NODEV;
        if (binfmt.proc()) {
            long proc = tool.text("proc");
            tool.must("mount \"proc\" on \"/proc\"", Syscall.MOUNT, proc, tool.text("/proc"), proc, flags, 0);
        }
        tool.must(
                "mount \"binfmt_misc\" on \"" + binfmt.folder() + "\"",
                Map.of(Errno.EPERM, "a user namespace may since Linux 6.7", Errno.ENODEV, "modprobe binfmt_misc"),
                Syscall.MOUNT,
                type,
                tool.text(binfmt.folder()),
                type,
                flags,
                0);
        if (binfmt.interpreter() != null) {
            tool.writeFile(
                    binfmt.folder() + "/register",
                    binfmt.interpreter(),
                    Map.of(Errno.EINVAL, ":NAME:TYPE:OFFSET:MAGIC:MASK:INTERPRETER:FLAGS"));
        }
    }

    /** Becomes a user and a group; with a group goes every supplementary one. */
    static void credentials(ToolProgram tool, @Nullable Long uid, @Nullable Long gid) {
        if (gid != null) {
            tool.must(
                    "setgroups",
                    Map.of(Errno.EPERM, "it is denied in user namespaces where an ordinary user has mapped the group"),
                    Syscall.SETGROUPS,
                    0,
                    0);
        }
        become(tool, uid, gid);
    }

    /** The same, with supplementary groups as they are. */
    static void become(ToolProgram tool, @Nullable Long uid, @Nullable Long gid) {
        Map<Integer, String> unmapped = Map.of(Errno.EINVAL, "the id is not mapped in the user namespace");
        if (gid != null) {
            tool.must("setgid " + gid, unmapped, Syscall.SETGID, gid);
        }
        if (uid != null) {
            tool.must("setuid " + uid, unmapped, Syscall.SETUID, uid);
        }
    }

    /** Makes all that is permitted inheritable and ambient (capabilities(7)). */
    static void keepCapabilities(ToolProgram tool) {
        Program program = tool.program();
        long header = program.words(Constants._LINUX_CAPABILITY_VERSION_3);
        // Two of effective, permitted and inheritable.
        long data = program.words(0, 0, 0);
        tool.must("capget", Syscall.CAPGET, header, data);
        tool.copy(data + WORD, data + 2 * WORD, WORD);
        tool.copy(data + 4 * WORD, data + 5 * WORD, WORD);
        tool.must("capset", Syscall.CAPSET, header, data);
        for (int capability = 0; capability <= LAST_CAPABILITY; capability++) {
            tool.may(Syscall.PRCTL, Constants.PR_CAP_AMBIENT, Constants.PR_CAP_AMBIENT_RAISE, capability, 0, 0);
        }
    }

    private static void clock(ToolProgram tool, String clock, @Nullable Long seconds) {
        if (seconds != null) {
            tool.writeFile(
                    "/proc/self/timens_offsets",
                    clock + " " + seconds + " 0",
                    Map.of(Errno.ERANGE, "the clock would be negative, or too far ahead"));
        }
    }

    private void bind(ToolProgram tool) {
        for (Map.Entry<Namespace, String> entry : request.kept.entrySet()) {
            Namespace namespace = entry.getKey();
            boolean ofChildren = namespace == Namespace.PID || namespace == Namespace.TIME;
            String source = "/proc/" + caller.pid() + "/ns/" + namespace.label() + (ofChildren ? "_for_children" : "");
            tool.must(
                    "mount \"" + source + "\" on \"" + entry.getValue() + "\"",
                    Map.of(
                            Errno.ENOENT,
                            "the file must be there; a PID namespace can be kept only with --fork",
                            Errno.EINVAL,
                            "a mount namespace can be kept only on a mount that is private: mount --bind DIR DIR,"
                                    + " mount --make-private DIR"),
                    Syscall.MOUNT,
                    tool.text(source),
                    tool.text(entry.getValue()),
                    0,
                    Constants.MS_BIND,
                    0);
        }
    }

    /** Root writes the map; who is not asks a program that may. */
    private void map(ToolProgram tool, IdMaps maps, String file, String program) {
        if (maps.ranges().isEmpty()) {
            return;
        }
        if (maps.program() == null) {
            tool.writeFile(
                    "/proc/" + caller.pid() + "/" + file,
                    IdRange.lines(maps.ranges()),
                    Map.of(Errno.EPERM, "are all outer ids mapped here?", Errno.EINVAL, "do ranges overlap?"));
            return;
        }
        Program ops = tool.program();
        Op fork = tool.must("fork", Syscall.CLONE, Constants.SIGCHLD, 0, 0, 0, 0);
        Op wait = ops.op(Syscall.WAIT4, 0, 0, 0, 0);
        fork.store(wait.argumentAddress(0));
        Op failed = tool.ifNotZero();
        wait.argument(1, failed.argumentAddress(ToolProgram.NUMBER));
        Op exit = tool.exit(ToolProgram.FAILED);
        fork.onZero(ops.next());
        List<Long> words = new ArrayList<>();
        for (String word : maps.words(program, caller.pid())) {
            words.add(tool.text(word));
        }
        long environment = ops.words(0);
        tool.must(
                "execute \"" + maps.program() + "\"",
                Syscall.EXECVE,
                tool.text(maps.program()),
                ToolProgram.array(ops, words),
                environment);
        failed.onPositive(exit.address()).onZero(ops.next());
    }

    private long flags() {
        long flags = 0;
        for (Namespace namespace : request.namespaces) {
            flags |= Constants.value(namespace.flag(), kernel.processor());
        }
        return flags;
    }

    private Map<Integer, String> hints() {
        String denied = caller.uid() == 0 || request.namespaces.contains(Namespace.USER)
                ? "this host does not let its users make such namespaces"
                : "only root may, or with --map-root-user (-r) the root of a user namespace";
        return Map.of(
                Errno.EPERM,
                denied,
                Errno.ENOSPC,
                "the limit of /proc/sys/user/max_*_namespaces, or of nested ones, is reached",
                Errno.EINVAL,
                "the kernel lacks one of them");
    }
}
