package io.jbox.plan;

import io.jbox.config.DeviceRule;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A {@link DevicePolicy} as a program that the kernel asks whenever a device is opened or its node made
 * (BPF_PROG_TYPE_CGROUP_DEVICE, Linux 4.15): rule by rule, those that deny first, with a jump to the next where one does
 * not fit.
 */
final class DeviceProgram {
    private static final int INSTRUCTION = 8;
    /** Those around the rules, and the most that a rule is. */
    private static final int FRAME = 8;

    private static final int MOST_OF_RULE = 9;

    /** The result, also what is looked at. */
    private static final int R0 = 0;
    /** struct bpf_cgroup_dev_ctx: access in the high 16 bits and type in the low ones, major, minor. */
    private static final int CONTEXT = 1;

    private static final int TYPE = 2;
    private static final int ACCESS = 3;
    private static final int MAJOR = 4;
    private static final int MINOR = 5;

    private static final int LOAD_WORD = 0x61;
    private static final int MOVE = 0xbf;
    private static final int SET = 0xb7;
    private static final int AND = 0x57;
    private static final int SHIFT_RIGHT = 0x77;
    private static final int JUMP_EQUAL = 0x15;
    private static final int JUMP_NOT_EQUAL = 0x55;
    private static final int EXIT = 0x95;

    private static final int MOST_JUMPS = 4;

    private static final int BLOCK = 1;
    private static final int CHARACTER = 2;
    private static final int MKNOD = 1;
    private static final int READ = 2;
    private static final int WRITE = 4;
    private static final int ALL_ACCESS = MKNOD | READ | WRITE;

    private final ByteBuffer out;

    private DeviceProgram(int rules) {
        out = ByteBuffer.allocate((FRAME + rules * MOST_OF_RULE) * INSTRUCTION).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The instructions, 8 bytes each. */
    static byte[] of(DevicePolicy policy) {
        DeviceProgram program =
                new DeviceProgram(policy.denied().size() + policy.allowed().size());
        program.compile(policy);
        byte[] bytes = new byte[program.out.position()];
        program.out.flip().get(bytes);
        return bytes;
    }

    private void compile(DevicePolicy policy) {
        emit(LOAD_WORD, TYPE, CONTEXT, 0, 0);
        emit(MOVE, ACCESS, TYPE, 0, 0);
        emit(AND, TYPE, 0, 0, 0xffff);
        emit(SHIFT_RIGHT, ACCESS, 0, 0, 16);
        emit(LOAD_WORD, MAJOR, CONTEXT, 4, 0);
        emit(LOAD_WORD, MINOR, CONTEXT, 8, 0);
        for (DeviceRule rule : policy.denied()) {
            rule(rule, false);
        }
        for (DeviceRule rule : policy.allowed()) {
            rule(rule, true);
        }
        emit(SET, R0, 0, 0, 0);
        emit(EXIT, 0, 0, 0, 0);
    }

    private void rule(DeviceRule rule, boolean allows) {
        int[] jumps = new int[MOST_JUMPS];
        int count = 0;
        if (rule.type() != 'a') {
            jumps[count++] = out.position();
            emit(JUMP_NOT_EQUAL, TYPE, 0, 0, rule.type() == 'b' ? BLOCK : CHARACTER);
        }
        int access = access(rule);
        if (access != ALL_ACCESS) {
            // To allow, all that is asked for must be in the rule; to deny, any of it.
            emit(MOVE, R0, ACCESS, 0, 0);
            emit(AND, R0, 0, 0, allows ? ALL_ACCESS & ~access : access);
            jumps[count++] = out.position();
            emit(allows ? JUMP_NOT_EQUAL : JUMP_EQUAL, R0, 0, 0, 0);
        }
        if (rule.major() != DeviceRule.ANY) {
            jumps[count++] = out.position();
            emit(JUMP_NOT_EQUAL, MAJOR, 0, 0, (int) rule.major());
        }
        if (rule.minor() != DeviceRule.ANY) {
            jumps[count++] = out.position();
            emit(JUMP_NOT_EQUAL, MINOR, 0, 0, (int) rule.minor());
        }
        if (count == 0) {
            // Nothing behind it could be reached, and the kernel refuses such programs: the type is never 0.
            jumps[count++] = out.position();
            emit(JUMP_EQUAL, TYPE, 0, 0, 0);
        }
        emit(SET, R0, 0, 0, allows ? 1 : 0);
        emit(EXIT, 0, 0, 0, 0);
        for (int i = 0; i < count; i++) {
            out.putShort(jumps[i] + 2, (short) ((out.position() - jumps[i]) / INSTRUCTION - 1));
        }
    }

    private static int access(DeviceRule rule) {
        int access = 0;
        for (int i = 0; i < rule.access().length(); i++) {
            access |= switch (rule.access().charAt(i)) {
                case 'r' -> READ;
                case 'w' -> WRITE;
                default -> MKNOD;
            };
        }
        return access;
    }

    private void emit(int code, int destination, int source, int offset, int immediate) {
        out.put((byte) code);
        out.put((byte) (source << 4 | destination));
        out.putShort((short) offset);
        out.putInt(immediate);
    }
}
