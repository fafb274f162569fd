package io.jbox.kernel;

/**
 * The way to the kernel. The real one is {@link NativeKernel}; tests read a recording one.
 *
 * <p>Safe for use by several threads.
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
     * The same, with room for at least so many bytes.
     *
     * @throws io.jbox.problem.JboxException if the kernel has no memory left
     */
    default Arena arena(int bytes) {
        return arena();
    }

    /**
     * Walks a program in the calling thread until it returns.
     *
     * @param first address of its first op
     */
    void walk(long first);

    /**
     * One system call with plain arguments: a program of one op.
     *
     * @return the kernel's result, -errno included
     */
    default long call(Syscall call, long... arguments) {
        try (Arena arena = arena()) {
            Op op = arena.program().op(call, arguments).next(0);
            walk(op.address());
            return op.result();
        }
    }
}
