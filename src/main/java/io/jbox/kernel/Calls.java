package io.jbox.kernel;

import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;

/** Makes single system calls for the typed classes of this package: the only place that repeats interrupted ones. */
final class Calls {
    private Calls() {}

    /**
     * Makes a call, and again for as long as a signal interrupts it (signal(7)). Not for close(2), which has closed the
     * descriptor even then, nor for a wait with a time limit, which would begin anew.
     *
     * @return zero or more
     */
    static long make(Kernel kernel, Op op) throws KernelException {
        op.next(0);
        do {
            kernel.walk(op.address());
        } while (op.result() == -Errno.EINTR);
        return checked(op.result());
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
