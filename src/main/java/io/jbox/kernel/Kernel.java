package io.jbox.kernel;

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
