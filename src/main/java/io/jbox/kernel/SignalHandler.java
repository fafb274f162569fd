package io.jbox.kernel;

import io.jbox.uapi.Processor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Machine code of a signal handler, {@code void handler(int signal) { write(descriptor, &signal, 4); }}, followed by
 * the code that x86-64 wants a handler to return to, {@code rt_sigreturn()}. It calls nothing and keeps to the stack
 * that the kernel has made for it.
 *
 * <p>The JVM needs the SIGSEGV, SIGBUS, SIGFPE and SIGILL that the processor raises. A handler of these writes only those that
 * somebody has sent (si_code of 0 and less, sigaction(2)), and jumps to the JVM's own handler for the others.
 */
final class SignalHandler {
    private static final int X86_HANDLER = 23;

    private SignalHandler() {}

    /** @param descriptor of the pipe that the numbers are written to */
    static byte[] code(Processor processor, int descriptor) {
        return processor == Processor.X86_64 ? x86(descriptor) : aarch64(descriptor);
    }

    /** The offset of the code to return to; on aarch64 the kernel has its own. */
    static int restorerOffset(Processor processor) {
        return processor == Processor.X86_64 ? X86_HANDLER : 0;
    }

    /**
     * The same for a signal that the processor causes, too.
     *
     * @param before address of the handler that has those
     */
    static byte[] code(Processor processor, int descriptor, long before) {
        byte[] sent = code(processor, descriptor);
        return processor == Processor.X86_64 ? x86(Arrays.copyOf(sent, X86_HANDLER), before) : aarch64(sent, before);
    }

    private static byte[] x86(byte[] sent, long before) {
        return ByteBuffer.allocate(sent.length + 18)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {(byte) 0x83, 0x7e, 0x08, 0x00}) // cmp dword [rsi + 8], 0
                .put(new byte[] {0x7f, (byte) sent.length}) // jg behind it
                .put(sent)
                .put(new byte[] {0x48, (byte) 0xb8})
                .putLong(before) // mov rax, before
                .put(new byte[] {(byte) 0xff, (byte) 0xe0}) // jmp rax
                .array();
    }

    private static byte[] aarch64(byte[] sent, long before) {
        return ByteBuffer.allocate(sent.length + 28)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0xb9400829) // ldr w9, [x1, #8]
                .putInt(0x7100013f) // cmp w9, #0
                .putInt(0x5400000c | sent.length / Integer.BYTES + 1 << 5) // b.gt behind it
                .put(sent)
                .putInt(0x58000050) // ldr x16, 8 bytes on
                .putInt(0xd61f0200) // br x16
                .putLong(before)
                .array();
    }

    private static byte[] x86(int descriptor) {
        return ByteBuffer.allocate(X86_HANDLER + 7)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 0x57) // push rdi
                .put((byte) 0xb8)
                .putInt(1) // mov eax, 1 (write)
                .put((byte) 0xbf)
                .putInt(descriptor) // mov edi, descriptor
                .put(new byte[] {0x48, (byte) 0x89, (byte) 0xe6}) // mov rsi, rsp
                .put((byte) 0xba)
                .putInt(4) // mov edx, 4
                .put(new byte[] {0x0f, 0x05}) // syscall
                .put(new byte[] {0x5f, (byte) 0xc3}) // pop rdi; ret
                .put((byte) 0xb8)
                .putInt(15) // mov eax, 15 (rt_sigreturn)
                .put(new byte[] {0x0f, 0x05}) // syscall
                .array();
    }

    private static byte[] aarch64(int descriptor) {
        int[] code = {
            0xd10043ff, // sub sp, sp, #16
            0xb90003e0, // str w0, [sp]
            0xd2800000 | (descriptor & 0xffff) << 5, // movz x0, #descriptor
            0x910003e1, // mov x1, sp
            0xd2800082, // movz x2, #4
            0xd2800808, // movz x8, #64 (write)
            0xd4000001, // svc #0
            0x910043ff, // add sp, sp, #16
            0xd65f03c0, // ret
        };
        ByteBuffer out = ByteBuffer.allocate(code.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int instruction : code) {
            out.putInt(instruction);
        }
        return out.array();
    }
}
