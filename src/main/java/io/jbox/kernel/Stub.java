package io.jbox.kernel;

/**
 * The machine code that walks a {@link Program}.
 *
 * <p>Load an op's number and arguments, enter the kernel, store the result in the op (and its low 32 bits at the op's
 * store address, if there is one), follow the branch for its sign, until the next op is 0: then return to the caller.
 * Position-independent; keeps no state but the address of the op, so that the child of a {@code clone3} op goes on in the
 * very registers its parent had. The only use of the stack is one saved register on x86-64, written before the first
 * op and read after the last: a child, which never returns, touches neither.
 */
final class Stub {
    private Stub() {}

    /**
     * The stub as a C function {@code void walk(struct op *first)}.
     *
     * @return its machine code
     */
    static byte[] function(Processor processor) {
        return processor == Processor.X86_64 ? X86Stub.function() : Aarch64Stub.function();
    }

    /**
     * The stub as the entry point of a program image: walks from an op at a known address.
     *
     * @param firstOp absolute address of the first op
     * @return its machine code
     */
    static byte[] entry(Processor processor, long firstOp) {
        return processor == Processor.X86_64 ? X86Stub.entry(firstOp) : Aarch64Stub.entry(firstOp);
    }
}
