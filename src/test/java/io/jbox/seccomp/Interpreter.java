package io.jbox.seccomp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Runs a filter as the kernel does (net/core/filter.c), but for what seccomp(2) does not allow. */
final class Interpreter {
    private static final int STEPS = 5000;

    private final ByteBuffer program;
    private int steps;

    Interpreter(Filter filter) {
        this.program = ByteBuffer.wrap(filter.program()).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** How many instructions the last call took. */
    int steps() {
        return steps;
    }

    /** What the filter returns. */
    int run(int arch, int number, long... arguments) {
        ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        data.putInt(number).putInt(arch).putLong(0);
        for (long argument : arguments) {
            data.putLong(argument);
        }
        int a = 0;
        int pc = 0;
        for (steps = 1; steps < STEPS; steps++) {
            int code = program.getShort(pc * 8);
            int onTrue = program.get(pc * 8 + 2) & 0xff;
            int onFalse = program.get(pc * 8 + 3) & 0xff;
            int k = program.getInt(pc * 8 + 4);
            pc++;
            switch (code) {
                case 0x20 -> a = data.getInt(k);
                case 0x54 -> a &= k;
                case 0x05 -> pc += k;
                case 0x15 -> pc += a == k ? onTrue : onFalse;
                case 0x25 -> pc += Integer.compareUnsigned(a, k) > 0 ? onTrue : onFalse;
                case 0x35 -> pc += Integer.compareUnsigned(a, k) >= 0 ? onTrue : onFalse;
                case 0x06 -> {
                    return k;
                }
                default -> throw new IllegalStateException("code " + code);
            }
        }
        throw new IllegalStateException("no end");
    }
}
