package io.jbox.kernel;

/** A new pipe (pipe2(2)): two descriptors, each closed by whom it is given to. */
public record Pipe(Fd read, Fd write) {
    /** @param flags O_NONBLOCK or 0; O_CLOEXEC is added */
    public static Pipe open(Kernel kernel, long flags) throws KernelException {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long pair = program.space(2 * Integer.BYTES);
            Calls.make(kernel, program.op(Syscall.PIPE2, pair, flags | Constants.O_CLOEXEC));
            return new Pipe(Fd.of(kernel, program.readInt(pair)), Fd.of(kernel, program.readInt(pair + Integer.BYTES)));
        }
    }
}
