package io.jbox.kernel;

/**
 * {@link Stub} for aarch64: its machine code beside the instructions (AAPCS64; {@code svc} changes x0 only, x8 to x12
 * are caller-saved).
 */
final class Aarch64Stub {
    static final String ENTER = """
            e90300aa        mov x9, x0
            """;

    static final String WALK = """
            280140f9        walk: ldr x8, [x9]
            208540a9        ldp x0, x1, [x9, #8]
            228d41a9        ldp x2, x3, [x9, #24]
            249542a9        ldp x4, x5, [x9, #40]
            a801f837        tbnz w8, #31, small
            010000d4        svc #0
            201d00f9        done: str x0, [x9, #56]
            2a2140f9        ldr x10, [x9, #64]
            4a0000b4        cbz x10, branch
            400100b9        str w0, [x10]
            2aad44a9        branch: ldp x10, x11, [x9, #72]
            2c2d40f9        ldr x12, [x9, #88]
            1f0000f1        cmp x0, #0
            89118b9a        csel x9, x12, x11, ne
            49b1899a        csel x9, x10, x9, lt
            29feffb5        cbnz x9, walk
            """;

    static final String RETURN = """
            c0035fd6        end: ret
            """;

    /** As long as {@link #RETURN}: an image has no caller to return to. */
    static final String TRAP = """
            000020d4        end: brk #0
            """;

    static final String SMALL_OPS = """
            ec0300aa        small: mov x12, x0
            08050031        adds w8, w8, #1
            a0010054        b.eq copy
            08050031        adds w8, w8, #1
            20020054        b.eq compare
            08050031        adds w8, w8, #1
            00030054        b.eq add
            08050031        adds w8, w8, #1
            40030054        b.eq digits
            2a144038        text: ldrb w10, [x1], #1
            8a150038        strb w10, [x12], #1
            caffff35        cbnz w10, text
            e00320aa        mvn x0, x0
            00000c8b        add x0, x0, x12
            e7ffff17        b done
            000080d2        copy: mov x0, #0
            a2fcffb4        byte: cbz x2, done
            2a144038        ldrb w10, [x1], #1
            8a150038        strb w10, [x12], #1
            420400d1        sub x2, x2, #1
            fcffff17        b byte
            000080d2        compare: mov x0, #0
            e2fbffb4        pair: cbz x2, done
            8a154038        ldrb w10, [x12], #1
            2b144038        ldrb w11, [x1], #1
            420400d1        sub x2, x2, #1
            5f010b6b        cmp w10, w11
            60ffff54        b.eq pair
            200080d2        mov x0, #1
            d8ffff17        b done
            800140f9        add: ldr x0, [x12]
            0000018b        add x0, x0, x1
            800100f9        str x0, [x12]
            d4ffff17        b done
            4a0180d2        digits: mov x10, #10
            eb0301aa        mov x11, x1
            8c050091        count: add x12, x12, #1
            6b09ca9a        udiv x11, x11, x10
            cbffffb5        cbnz x11, count
            9f010039        strb wzr, [x12]
            800100cb        sub x0, x12, x0
            2b08ca9a        digit: udiv x11, x1, x10
            62850a9b        msub x2, x11, x10, x1
            42c00011        add w2, w2, #48
            82fd1f38        strb w2, [x12, #-1]!
            e1030baa        mov x1, x11
            61ffffb5        cbnz x1, digit
            c6ffff17        b done
            """;

    private Aarch64Stub() {}

    /** Keeps the first stack pointer, which leads to the arguments: {@code mov x10, sp; str x10, [x9]}. */
    static String keepStack(long address) {
        return load(address) + "ea0300912a0100f9 \n";
    }

    /** Replaces {@link #ENTER}: {@code movz x9} and three {@code movk x9} of 16 bits each. */
    static String load(long address) {
        StringBuilder out = new StringBuilder();
        int[] instructions = {0xd2800009, 0xf2a00009, 0xf2c00009, 0xf2e00009};
        for (int i = 0; i < instructions.length; i++) {
            int half = (int) (address >>> Short.SIZE * i) & 0xffff;
            out.append(Stub.littleEndian(instructions[i] | half << 5, Integer.BYTES));
        }
        return out.append(" \n").toString();
    }
}
