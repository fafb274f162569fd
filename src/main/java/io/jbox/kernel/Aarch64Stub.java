package io.jbox.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** {@link Stub} for aarch64 (AAPCS64; {@code svc} changes x0 only, x9 to x12 are the callee's). */
final class Aarch64Stub {
    private static final int RET = 0xd65f03c0;
    private static final int BRK = 0xd4200000;
    private static final int MOV_X9_X0 = 0xaa0003e9;

    private static final int[] WALK = {
        ldr(8, 0), // walk: ldr x8, [x9]
        ldp(0, 1, Op.ARGUMENT), // ldp x0, x1, [x9, #8]
        ldp(2, 3, Op.ARGUMENT + 16), // ldp x2, x3, [x9, #24]
        ldp(4, 5, Op.ARGUMENT + 32), // ldp x4, x5, [x9, #40]
        0xd4000001, // svc #0
        0xf9000120 | Op.RESULT / 8 << 10, // str x0, [x9, #56]
        ldr(10, Op.STORE), // ldr x10, [x9, #64]
        0xb400004a, // cbz x10, branch
        0xb9000140, // str w0, [x10]
        ldp(10, 11, Op.NEGATIVE), // branch: ldp x10, x11, [x9, #72]
        ldr(12, Op.POSITIVE), // ldr x12, [x9, #88]
        0xf100001f, // cmp x0, #0
        0x9a8b1189, // csel x9, x12, x11, ne
        0x9a89b149, // csel x9, x10, x9, lt
        0xb5fffe49, // cbnz x9, walk
    };

    private Aarch64Stub() {}

    static byte[] function() {
        return code(new int[] {MOV_X9_X0}, RET);
    }

    static byte[] entry(long firstOp) {
        int[] load = {
            0xd2800009 | half(firstOp, 0) << 5, // movz x9, #…
            0xf2a00009 | half(firstOp, 1) << 5, // movk x9, #…, lsl #16
            0xf2c00009 | half(firstOp, 2) << 5, // movk x9, #…, lsl #32
            0xf2e00009 | half(firstOp, 3) << 5, // movk x9, #…, lsl #48
        };
        return code(load, BRK);
    }

    private static byte[] code(int[] enter, int leave) {
        ByteBuffer code = ByteBuffer.allocate((enter.length + WALK.length + 1) * Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int instruction : enter) {
            code.putInt(instruction);
        }
        for (int instruction : WALK) {
            code.putInt(instruction);
        }
        return code.putInt(leave).array();
    }

    private static int ldr(int register, int offset) {
        return 0xf9400120 | offset / 8 << 10 | register;
    }

    private static int ldp(int first, int second, int offset) {
        return 0xa9400120 | offset / 8 << 15 | second << 10 | first;
    }

    private static int half(long value, int index) {
        return (int) (value >>> 16 * index) & 0xffff;
    }
}
