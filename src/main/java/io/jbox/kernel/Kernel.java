package io.jbox.kernel;

import io.jbox.uapi.Errno;
import io.jbox.uapi.Processor;
import io.jbox.uapi.Syscall;

/**
 * Access to the kernel. The real one is {@link NativeKernel}; tests use a recording one.
 *
 * <p>Thread-safe.
 */
public interface Kernel {
    Processor processor();

    /**
     * Borrows memory for a program. Close the arena to give it back.
     *
     * @throws io.jbox.problem.JboxException if the kernel has no memory left
     */
    Arena arena();

    /**
     * Borrows memory of at least a given size for a program.
     *
     * @throws io.jbox.problem.JboxException if the kernel has no memory left
     */
    default Arena arena(int bytes) {
        return arena();
    }

    /**
     * Runs a program in the calling thread until it returns.
     *
     * @param first address of its first op
     */
    void walk(long first);

    /**
     * Makes one call, and again for as long as a signal interrupts it (signal(7)): the only place where that is done. Not
     * for close(2), which has closed the descriptor even then, nor for a wait with a time limit, which would begin anew.
     *
     * @return the kernel's result, or -errno
     */
    default long make(Op op) {
        op.next(0);
        do {
            walk(op.address());
        } while (op.result() == -Errno.EINTR);
        return op.result();
    }

    /**
     * Makes a call whose arguments are filled in by the ops before it, and again as above. A descriptor is closed even
     * if a signal interrupts close(2): its number may belong to another one by then.
     *
     * @param first address of the first of these ops
     * @return the kernel's result, or -errno
     */
    default long make(long first, Op op) {
        op.next(0);
        walk(first);
        if (op.result() != -Errno.EINTR) {
            return op.result();
        }
        return op.is(Syscall.CLOSE, processor()) ? 0 : make(op);
    }

    /**
     * Makes one system call with plain arguments, as a program of one op.
     *
     * @return the kernel's result, or -errno
     */
    default long call(Syscall call, long... arguments) {
        try (Arena arena = arena()) {
            Op op = arena.program().op(call, arguments).next(0);
            walk(op.address());
            return op.result();
        }
    }
}
