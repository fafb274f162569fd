package io.jbox.kernel;

import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;

/**
 * Opens sockets in other network namespaces, to which they belong from then on. Enters the namespace, makes the socket
 * and comes back in one program, so that no Java ever runs there.
 */
public final class ForeignSocket {
    private ForeignSocket() {}

    /**
     * Opens a socket in another network.
     *
     * @param namespace an open nsfs file
     * @throws io.jbox.problem.JboxException if it is not a network namespace, or may not be entered
     * @throws KernelException if the socket is refused
     */
    public static Fd open(Fd namespace, int family, int type, int protocol) throws KernelException {
        Kernel kernel = namespace.kernel();
        try (Fd own = own(kernel);
                Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op enter = program.op(Syscall.SETNS, namespace.number(), Constants.CLONE_NEWNET)
                    .onNegative(0);
            Op socket = socket(program, family, type, protocol);
            Op back = program.op(Syscall.SETNS, own.number(), Constants.CLONE_NEWNET)
                    .next(0);
            kernel.walk(enter.address());
            if (enter.result() >= 0 && back.result() < 0) {
                // Nothing may run in a foreign network, not even the formatting of an error.
                throw new IllegalStateException("setns: cannot return to the original network namespace");
            }
            if (enter.result() == -Errno.EPERM && Dumpability.isOrdinary(kernel)) {
                return openAsItsOwner(namespace, family, type, protocol);
            }
            checkEntered(enter);
            return Fd.of(kernel, (int) Calls.checked(socket.result()));
        }
    }

    private static Fd own(Kernel kernel) {
        try {
            return PathCalls.open(kernel, "/proc/thread-self/ns/net", 0);
        } catch (KernelException e) {
            throw e.about("setns");
        }
    }

    /**
     * An unprivileged user has rights in the networks of their boxes only inside the user namespaces, which no
     * multi-threaded process can enter (setns(2)): a child that shares jbox's descriptors enters both and leaves the
     * socket open.
     */
    private static Fd openAsItsOwner(Fd namespace, int family, int type, int protocol) throws KernelException {
        Kernel kernel = namespace.kernel();
        try (Fd owner = owner(namespace);
                Dumpability dumpability = Dumpability.ofLaunch(kernel);
                Arena arena = kernel.arena()) {
            Program program = arena.program();
            long before = program.words(0);
            long flags = Constants.CLONE_VM
                    | Constants.CLONE_VFORK
                    | Constants.CLONE_FILES
                    | Constants.CLONE_PARENT_SETTID
                    | Constants.CLONE_CLEAR_SIGHAND;
            Op block = program.op(Syscall.RT_SIGPROCMASK, Constants.SIG_SETMASK, program.words(-1), before, Long.BYTES);
            Op clone = program.op(Syscall.CLONE3, 0, 11L * Long.BYTES);
            Op reap = program.op(Syscall.WAIT4, 0, 0, Constants.__WALL, 0);
            long child = reap.argumentAddress(0);
            clone.argument(0, program.words(flags, 0, 0, child, Constants.SIGCHLD, 0, 0, 0, 0, 0, 0));
            Op unblock = program.op(Syscall.RT_SIGPROCMASK, Constants.SIG_SETMASK, before, 0, Long.BYTES)
                    .next(0);
            Op enterUser = program.op(Syscall.SETNS, owner.number(), Constants.CLONE_NEWUSER);
            Op enter = program.op(Syscall.SETNS, namespace.number(), Constants.CLONE_NEWNET);
            Op socket = socket(program, family, type, protocol);
            Op exit = program.op(Syscall.EXIT_GROUP, 0);
            clone.onZero(enterUser.address()).onNegative(unblock.address());
            enterUser.onNegative(exit.address());
            enter.onNegative(exit.address());
            kernel.walk(block.address());
            checkEntered(clone);
            checkEntered(enterUser);
            checkEntered(enter);
            return Fd.of(kernel, (int) Calls.checked(socket.result()));
        }
    }

    private static Fd owner(Fd namespace) {
        try {
            return namespace.derive(Syscall.IOCTL, Constants.NS_GET_USERNS, 0);
        } catch (KernelException e) {
            throw new KernelException(Errno.EPERM).about("setns");
        }
    }

    private static void checkEntered(Op enter) {
        try {
            Calls.checked(enter.result());
        } catch (KernelException e) {
            throw e.about("setns");
        }
    }

    private static Op socket(Program program, int family, int type, int protocol) {
        return program.op(Syscall.SOCKET, family, type | Constants.SOCK_CLOEXEC, protocol);
    }
}
