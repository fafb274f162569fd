package io.jbox.bridge;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;

/**
 * Tests whether jbox may load programs that inspect packets (bpf(2)); it may not in a container whose root is not the
 * host's, for example.
 */
final class PacketPrograms {
    /** {@code r0 = 0; exit}. */
    private static final long[] NOTHING = {0xb7, 0x95};

    private static final int ATTRIBUTES = 48;

    private PacketPrograms() {}

    static boolean areAllowed(Kernel kernel) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long attributes = program.words(
                    Constants.BPF_PROG_TYPE_SCHED_CLS | (long) NOTHING.length << 32,
                    program.words(NOTHING),
                    program.text("Apache-2.0"),
                    0,
                    0,
                    0);
            Op load = program.op(Syscall.BPF, Constants.BPF_PROG_LOAD, attributes, ATTRIBUTES)
                    .next(0);
            kernel.walk(load.address());
            if (load.result() >= 0) {
                kernel.call(Syscall.CLOSE, load.result());
            }
            return load.result() >= 0;
        }
    }
}
