package io.jbox.bridge;

import io.jbox.kernel.BpfProgram;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.uapi.Constants;

/**
 * Tests whether jbox may load programs that inspect packets (bpf(2)); it may not in a container whose root is not the
 * host's, for example.
 */
final class PacketPrograms {
    /** {@code r0 = 0; exit}. */
    private static final long[] NOTHING = {0xb7, 0x95};

    private PacketPrograms() {}

    static boolean areAllowed(Kernel kernel) {
        try (Fd program = BpfProgram.load(kernel, Constants.BPF_PROG_TYPE_SCHED_CLS, NOTHING)) {
            return program.isOpen();
        } catch (KernelException e) {
            return false;
        }
    }
}
