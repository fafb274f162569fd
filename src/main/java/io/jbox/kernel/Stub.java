package io.jbox.kernel;

import io.jbox.uapi.Processor;
import java.io.ByteArrayOutputStream;

/**
 * Generates the machine code that runs a {@link Program}.
 *
 * <p>Load an op's number and arguments, enter the kernel, store the result in the op (and its low 32 bits at the op's
 * store address, if there is one), follow the branch for its sign, until the next op is 0: then return to the caller. A
 * negative number is a {@link SmallOp}. Position-independent; its only state is the address of the op, so that the
 * child of a {@code clone3} op continues with its parent's registers. The only use of the stack is one saved register
 * on x86-64, written before the first op and read after the last: a child, which never returns, touches neither.
 */
final class Stub {
    private static final int HEXADECIMAL = 16;

    private Stub() {}

    /**
     * The stub as a C function {@code void walk(struct op *first)}.
     *
     * @return its machine code
     */
    static byte[] function(Processor processor) {
        return processor == Processor.X86_64
                ? bytes(X86Stub.ENTER + X86Stub.WALK + X86Stub.RETURN + X86Stub.SMALL_OPS)
                : bytes(Aarch64Stub.ENTER + Aarch64Stub.WALK + Aarch64Stub.RETURN + Aarch64Stub.SMALL_OPS);
    }

    /**
     * The stub as the entry point of a program image: runs from an op at a known address.
     *
     * @param firstOp absolute address of the first op
     * @return its machine code
     */
    static byte[] entry(Processor processor, long firstOp) {
        return processor == Processor.X86_64
                ? bytes(X86Stub.load(firstOp) + X86Stub.WALK + X86Stub.TRAP + X86Stub.SMALL_OPS)
                : bytes(Aarch64Stub.load(firstOp) + Aarch64Stub.WALK + Aarch64Stub.TRAP + Aarch64Stub.SMALL_OPS);
    }

    /**
     * The same for a program that looks at its arguments: keeps the first stack pointer (System V ABI: argc, argv, a null
     * pointer, envp, a null pointer).
     *
     * @param stack absolute address of eight bytes for it, below 2^31
     */
    static byte[] entry(Processor processor, long firstOp, long stack) {
        return processor == Processor.X86_64
                ? bytes(X86Stub.keepStack(stack)
                        + X86Stub.load(firstOp)
                        + X86Stub.WALK
                        + X86Stub.TRAP
                        + X86Stub.SMALL_OPS)
                : bytes(Aarch64Stub.keepStack(stack)
                        + Aarch64Stub.load(firstOp)
                        + Aarch64Stub.WALK
                        + Aarch64Stub.TRAP
                        + Aarch64Stub.SMALL_OPS);
    }

    /** Reads the hexadecimal bytes before the first space of each line. */
    private static byte[] bytes(String listing) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int at = 0;
        while (at < listing.length()) {
            for (; listing.charAt(at) != ' '; at += 2) {
                out.write(Character.digit(listing.charAt(at), HEXADECIMAL) << 4
                        | Character.digit(listing.charAt(at + 1), HEXADECIMAL));
            }
            at = listing.indexOf('\n', at) + 1;
        }
        return out.toByteArray();
    }

    /** The bytes of a number in hexadecimal, the least significant first. */
    static String littleEndian(long value, int bytes) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < bytes; i++) {
            int one = (int) (value >>> Byte.SIZE * i) & 0xff;
            out.append(Character.forDigit(one >>> 4, HEXADECIMAL)).append(Character.forDigit(one & 0xf, HEXADECIMAL));
        }
        return out.toString();
    }
}
