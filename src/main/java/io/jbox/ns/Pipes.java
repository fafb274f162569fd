package io.jbox.ns;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;

/** pipe(2), for a program that this process becomes. */
final class Pipes {
    private Pipes() {}

    /** The end to read from, and the one to write to; both survive an execve. */
    static int[] open(Kernel kernel) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long pair = program.space(Long.BYTES);
            Op pipe = program.op(Syscall.PIPE2, pair, 0).next(0);
            kernel.walk(pipe.address());
            if (pipe.result() < 0) {
                throw new JboxException("pipe2: " + Errno.describe((int) -pipe.result()));
            }
            return new int[] {program.readInt(pair), program.readInt(pair + Integer.BYTES)};
        }
    }
}
