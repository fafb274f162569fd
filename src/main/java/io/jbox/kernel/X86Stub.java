package io.jbox.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** {@link Stub} for x86-64 (System V calling convention; {@code syscall} clobbers rax, rcx and r11 only). */
final class X86Stub {
    private static final byte[] WALK = code(
            0x48,
            0x8b,
            0x03, // walk: mov rax, [rbx]
            0x48,
            0x8b,
            0x7b,
            Op.ARGUMENT, // mov rdi, [rbx+8]
            0x48,
            0x8b,
            0x73,
            Op.ARGUMENT + 8, // mov rsi, [rbx+16]
            0x48,
            0x8b,
            0x53,
            Op.ARGUMENT + 16, // mov rdx, [rbx+24]
            0x4c,
            0x8b,
            0x53,
            Op.ARGUMENT + 24, // mov r10, [rbx+32]
            0x4c,
            0x8b,
            0x43,
            Op.ARGUMENT + 32, // mov r8, [rbx+40]
            0x4c,
            0x8b,
            0x4b,
            Op.ARGUMENT + 40, // mov r9, [rbx+48]
            0x0f,
            0x05, // syscall
            0x48,
            0x89,
            0x43,
            Op.RESULT, // mov [rbx+56], rax
            0x48,
            0x8b,
            0x4b,
            Op.STORE, // mov rcx, [rbx+64]
            0xe3,
            0x02, // jrcxz branch
            0x89,
            0x01, // mov [rcx], eax
            0x48,
            0x85,
            0xc0, // branch: test rax, rax
            0x48,
            0x8b,
            0x4b,
            Op.POSITIVE, // mov rcx, [rbx+88]
            0x48,
            0x0f,
            0x44,
            0x4b,
            Op.ZERO, // cmovz rcx, [rbx+80]
            0x48,
            0x0f,
            0x48,
            0x4b,
            Op.NEGATIVE, // cmovs rcx, [rbx+72]
            0x48,
            0x89,
            0xcb, // mov rbx, rcx
            0xe3,
            0x02, // jrcxz end
            0xeb,
            0xbf); // jmp walk

    private X86Stub() {}

    static byte[] function() {
        byte[] enter = code(0x53, 0x48, 0x89, 0xfb); // push rbx; mov rbx, rdi
        byte[] leave = code(0x5b, 0xc3); // end: pop rbx; ret
        return ByteBuffer.allocate(enter.length + WALK.length + leave.length)
                .put(enter)
                .put(WALK)
                .put(leave)
                .array();
    }

    static byte[] entry(long firstOp) {
        byte[] load = code(0x48, 0xbb); // movabs rbx, firstOp
        byte[] trap = code(0x0f, 0x0b); // end: ud2, for an image has nobody to return to
        return ByteBuffer.allocate(load.length + Long.BYTES + WALK.length + trap.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(load)
                .putLong(firstOp)
                .put(WALK)
                .put(trap)
                .array();
    }

    private static byte[] code(int... bytes) {
        byte[] code = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            code[i] = (byte) bytes[i];
        }
        return code;
    }
}
