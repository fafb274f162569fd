package io.jbox.plan;

import io.jbox.config.DeviceRule;
import io.jbox.facts.Label;

/**
 * Compiles a {@link DevicePolicy} into a program that the kernel runs whenever a device is opened or its node made
 * (BPF_PROG_TYPE_CGROUP_DEVICE, Linux 4.15): one rule after another, denials first, with a jump to the next rule if one
 * does not match.
 */
final class DeviceProgram {
    /** The number of instructions around the rules, and the most that a rule needs. */
    private static final int FRAME = 8;

    private static final int MOST_OF_RULE = 9;

    /** The result, also used as a scratch register. */
    private static final int R0 = 0;
    /** struct bpf_cgroup_dev_ctx: access in the high 16 bits and type in the low ones, major, minor. */
    private static final int CONTEXT = 1;

    private static final int TYPE = 2;
    private static final int ACCESS = 3;
    private static final int MAJOR = 4;
    private static final int MINOR = 5;

    private static final int BLOCK = 1;
    private static final int CHARACTER = 2;
    private static final int MKNOD = 1;
    private static final int READ = 2;
    private static final int WRITE = 4;
    private static final int ALL_ACCESS = MKNOD | READ | WRITE;

    private final BpfAssembler out;

    private DeviceProgram(int rules) {
        out = new BpfAssembler(FRAME + rules * MOST_OF_RULE);
    }

    /** Returns the instructions, 8 bytes each. */
    static byte[] of(DevicePolicy policy) {
        DeviceProgram program =
                new DeviceProgram(policy.denied().size() + policy.allowed().size());
        program.compile(policy);
        return program.out.bytes();
    }

    private void compile(DevicePolicy policy) {
        out.emit(BpfAssembler.LOAD_WORD, TYPE, CONTEXT, 0, 0);
        out.emit(BpfAssembler.MOVE, ACCESS, TYPE, 0, 0);
        out.emit(BpfAssembler.AND, TYPE, 0, 0, 0xffff);
        out.emit(BpfAssembler.SHIFT_RIGHT, ACCESS, 0, 0, 16);
        out.emit(BpfAssembler.LOAD_WORD, MAJOR, CONTEXT, 4, 0);
        out.emit(BpfAssembler.LOAD_WORD, MINOR, CONTEXT, 8, 0);
        for (DeviceRule rule : policy.denied()) {
            rule(rule, false);
        }
        for (DeviceRule rule : policy.allowed()) {
            rule(rule, true);
        }
        out.result(0);
    }

    private void rule(DeviceRule rule, boolean allows) {
        BpfAssembler.Label next = out.new Label();
        boolean always = true;
        if (rule.type() != 'a') {
            out.jump(BpfAssembler.JUMP_NOT_EQUAL, TYPE, rule.type() == 'b' ? BLOCK : CHARACTER, next);
            always = false;
        }
        int access = access(rule);
        if (access != ALL_ACCESS) {
            // An allow rule must contain everything requested; a deny rule any part of it.
            out.emit(BpfAssembler.MOVE, R0, ACCESS, 0, 0);
            out.emit(BpfAssembler.AND, R0, 0, 0, allows ? ALL_ACCESS & ~access : access);
            out.jump(allows ? BpfAssembler.JUMP_NOT_EQUAL : BpfAssembler.JUMP_EQUAL, R0, 0, next);
            always = false;
        }
        if (rule.major() != DeviceRule.ANY) {
            out.jump(BpfAssembler.JUMP_NOT_EQUAL, MAJOR, (int) rule.major(), next);
            always = false;
        }
        if (rule.minor() != DeviceRule.ANY) {
            out.jump(BpfAssembler.JUMP_NOT_EQUAL, MINOR, (int) rule.minor(), next);
            always = false;
        }
        if (always) {
            // Code after an unconditional rule would be unreachable, and the kernel refuses such programs. The type is
            // never 0.
            out.jump(BpfAssembler.JUMP_EQUAL, TYPE, 0, next);
        }
        out.result(allows ? 1 : 0);
        next.here();
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
}
