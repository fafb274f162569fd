package io.jbox.kernel;

import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;

/** Loads programs that the kernel runs itself (bpf(2), BPF_PROG_LOAD). */
public final class BpfProgram {
    private static final String LICENCE = "Apache-2.0";
    private static final int ATTRIBUTES = 48;

    private BpfProgram() {}

    /**
     * Loads a program.
     *
     * @param type BPF_PROG_TYPE_SCHED_CLS, …
     * @param instructions as struct bpf_insn
     */
    public static Fd load(Kernel kernel, int type, long[] instructions) throws KernelException {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long attributes = program.words(
                    type | (long) instructions.length << Integer.SIZE,
                    program.words(instructions),
                    program.text(LICENCE),
                    0,
                    0,
                    0);
            Op op = program.op(Syscall.BPF, Constants.BPF_PROG_LOAD, attributes, ATTRIBUTES);
            return Fd.of(kernel, (int) Calls.make(kernel, op));
        }
    }
}
