package io.jbox.ns;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Ioctl;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.Op;
import io.jbox.kernel.PathCalls;
import io.jbox.kernel.Program;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Flag;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Chooses the processor on which to make a mount namespace that will be bind-mounted on a file. The kernel requires its
 * number to be higher than that of the namespace in which it is mounted, to prevent cycles, and each processor assigns
 * numbers from a separate range (seen with Linux 6.18): on the wrong one the mount is refused with EINVAL.
 */
final class MountNamespaceOrder {
    /** The size of a processor set in bytes: 8192 processors. */
    private static final int SET = 1024;

    private final Kernel kernel;

    MountNamespaceOrder(Kernel kernel) {
        this.kernel = kernel;
    }

    /** The set of processors that the calling thread may run on; empty if the kernel does not tell. */
    byte[] processors() {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long set = program.space(SET);
            Op get = program.op(Syscall.SCHED_GETAFFINITY, 0, SET, set).next(0);
            kernel.walk(get.address());
            return get.result() <= 0 ? new byte[0] : program.read(set, (int) get.result());
        }
    }

    /**
     * Ties the calling thread, and the program executed in its place, to a suitable processor, if there is one.
     *
     * @param before the processors that it may run on
     * @param user whether a user namespace is made along with it
     */
    void choose(byte[] before, boolean user) {
        long own = id("/proc/self/ns/mnt");
        if (before.length == 0 || own == 0) {
            return;
        }
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long set = program.space(SET);
            Op tie =
                    program.op(Syscall.SCHED_SETAFFINITY, 0, before.length, set).next(0);
            for (int processor = 0; processor < before.length * Byte.SIZE; processor++) {
                // Includes processors excluded by taskset(1), since it is only for a moment.
                byte[] only = new byte[before.length];
                only[processor / Byte.SIZE] = (byte) (1 << processor % Byte.SIZE);
                program.write(set, only, only.length);
                kernel.walk(tie.address());
                if (tie.result() == 0 && probe(user) > own) {
                    return;
                }
            }
            program.write(set, before, before.length);
            kernel.walk(tie.address());
        }
    }

    private long id(String file) {
        try (Fd namespace = PathCalls.find(kernel, file, Target.TO_READ)) {
            return namespace == null ? 0 : id(namespace);
        }
    }

    /** The number of a mount namespace (ioctl_nsfs(2)); 0 if the kernel does not tell. */
    private static long id(Fd namespace) {
        byte[] number = new byte[Long.BYTES];
        try {
            Ioctl.exchange(namespace, Constants.NS_GET_MNTNS_ID, number);
        } catch (KernelException e) {
            return 0;
        }
        return ByteBuffer.wrap(number).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    /** The number that a mount namespace made here and now gets, tested with a short-lived child. */
    private long probe(boolean user) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long flags = Flag.CLONE_VM.value(kernel.processor())
                    | Flag.CLONE_VFORK.value(kernel.processor())
                    | Flag.CLONE_FILES.value(kernel.processor())
                    | Flag.CLONE_NEWNS.value(kernel.processor())
                    | (user ? Flag.CLONE_NEWUSER.value(kernel.processor()) : 0);
            long opened = program.words(-1);
            Op clone = program.op(Syscall.CLONE, flags, 0, 0, 0, 0);
            Op wait = program.op(Syscall.WAIT4, 0, 0, Constants.__WALL, 0).next(0);
            // They share their memory: the child writes its own result of clone, 0, over its parent's.
            long pid = program.words(0);
            clone.store(pid).onNegative(0);
            Op open = program.op(
                            Syscall.OPENAT,
                            Constants.AT_FDCWD,
                            program.text("/proc/thread-self/ns/mnt"),
                            Constants.O_RDONLY | Constants.O_CLOEXEC,
                            0)
                    .store(opened);
            program.op(Syscall.EXIT, 0);
            clone.onZero(open.address()).onPositive(wait.address());
            wait.argument(0, -1);
            kernel.walk(clone.address());
            int descriptor = program.readInt(opened);
            if (descriptor < 0) {
                return 0;
            }
            try (Fd namespace = Fd.of(kernel, descriptor)) {
                return id(namespace);
            }
        }
    }
}
