package io.jbox.kernel;

import io.jbox.uapi.Syscall;

/** Makes single system calls for the typed classes of this package. */
final class Calls {
    private Calls() {}

    /**
     * Makes a call that is repeated where a signal interrupts it ({@link Kernel#make}).
     *
     * @return zero or more
     */
    static long make(Kernel kernel, Op op) throws KernelException {
        return checked(kernel.make(op));
    }

    /** The same for a call that needs no memory. */
    static long make(Kernel kernel, Syscall call, long... arguments) throws KernelException {
        try (Arena arena = kernel.arena()) {
            return make(kernel, arena.program().op(call, arguments));
        }
    }

    /** A call's result, unless it is an error. */
    static long checked(long result) throws KernelException {
        if (result < 0) {
            throw new KernelException((int) -result);
        }
        return result;
    }
}
