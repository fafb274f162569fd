package io.jbox.kernel;

import io.jbox.uapi.Syscall;

/** A limit that this process has (getrlimit(2)); -1 stands for none. */
public record ResourceLimit(long soft, long hard) {
    /** @param resource RLIMIT_NOFILE, … */
    public static ResourceLimit of(Kernel kernel, long resource) throws KernelException {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long limit = program.words(0, 0);
            Calls.make(kernel, program.op(Syscall.PRLIMIT64, 0, resource, 0, limit));
            return new ResourceLimit(program.readLong(limit), program.readLong(limit + Long.BYTES));
        }
    }
}
