package io.jbox.plan;

import io.jbox.config.DeviceRule;
import java.util.ArrayList;
import java.util.List;

/**
 * Compiles a {@link DevicePolicy} into a program that the kernel runs whenever a device is opened or its node made
 * (BPF_PROG_TYPE_CGROUP_DEVICE, Linux 4.15).
 *
 * <p>The kernel verifies every path through a program before it accepts it, which is most of the program's cost. So
 * rules of the same type and access form a group, and their conditions are checked once; each device in a group is one
 * comparison, behind which the paths join again.
 */
final class DeviceProgram {
    /** The number of instructions around the rules, and the most that a rule needs: a group of its own. */
    private static final int FRAME = 14;

    private static final int MOST_OF_RULE = 8;

    /** The result, also used as a scratch register. */
    private static final int R0 = 0;
    /** struct bpf_cgroup_dev_ctx: access in the high 16 bits and type in the low ones, major, minor. */
    private static final int CONTEXT = 1;

    private static final int TYPE = 2;
    private static final int ACCESS = 3;
    private static final int MAJOR = 4;
    private static final int MINOR = 5;
    /** The major number in the upper half, the minor one in the lower. */
    private static final int DEVICE = 6;

    private static final int MAJOR_SHIFT = 32;

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

    /**
     * Returns the instructions, 8 bytes each.
     *
     * <p>There may be {@link DevicePolicy#MOST_RULES}.
     */
    static byte[] of(List<DeviceRule> denied, List<DeviceRule> allowed) {
        DeviceProgram program = new DeviceProgram(denied.size() + allowed.size());
        program.compile(denied, allowed);
        return program.out.bytes();
    }

    private void compile(List<DeviceRule> denied, List<DeviceRule> allowed) {
        out.emit(BpfAssembler.LOAD_WORD, TYPE, CONTEXT, 0, 0);
        out.emit(BpfAssembler.MOVE, ACCESS, TYPE, 0, 0);
        out.emit(BpfAssembler.AND, TYPE, 0, 0, 0xffff);
        out.emit(BpfAssembler.SHIFT_RIGHT, ACCESS, 0, 0, 16);
        out.emit(BpfAssembler.LOAD_WORD, MAJOR, CONTEXT, 4, 0);
        out.emit(BpfAssembler.LOAD_WORD, MINOR, CONTEXT, 8, 0);
        out.emit(BpfAssembler.MOVE, DEVICE, MAJOR, 0, 0);
        out.emit(BpfAssembler.SHIFT_LEFT, DEVICE, 0, 0, MAJOR_SHIFT);
        out.emit(BpfAssembler.OR, DEVICE, MINOR, 0, 0);
        BpfAssembler.Label no = out.new Label();
        BpfAssembler.Label yes = out.new Label();
        for (List<DeviceRule> group : groups(denied)) {
            group(group, false, no);
        }
        for (List<DeviceRule> group : groups(allowed)) {
            group(group, true, yes);
        }
        no.here();
        out.result(0);
        // The kernel refuses instructions that nothing leads to.
        if (!allowed.isEmpty()) {
            yes.here();
            out.result(1);
        }
    }

    /** Groups rules by type and access; their order makes no difference. */
    private static List<List<DeviceRule>> groups(List<DeviceRule> rules) {
        List<List<DeviceRule>> groups = new ArrayList<>();
        for (DeviceRule rule : rules) {
            List<DeviceRule> its = null;
            for (List<DeviceRule> group : groups) {
                if (group.get(0).type() == rule.type() && access(group.get(0)) == access(rule)) {
                    its = group;
                }
            }
            if (its == null) {
                its = new ArrayList<>();
                groups.add(its);
            }
            its.add(rule);
        }
        return groups;
    }

    private void group(List<DeviceRule> rules, boolean allows, BpfAssembler.Label match) {
        BpfAssembler.Label next = out.new Label();
        DeviceRule first = rules.get(0);
        if (first.type() != 'a') {
            out.jump(BpfAssembler.JUMP_NOT_EQUAL, TYPE, first.type() == 'b' ? BLOCK : CHARACTER, next);
        }
        int access = access(first);
        if (access != ALL_ACCESS) {
            // An allow rule must contain everything requested; a deny rule any part of it.
            out.emit(BpfAssembler.MOVE, R0, ACCESS, 0, 0);
            out.emit(BpfAssembler.AND, R0, 0, 0, allows ? ALL_ACCESS & ~access : access);
            out.jump(allows ? BpfAssembler.JUMP_NOT_EQUAL : BpfAssembler.JUMP_EQUAL, R0, 0, next);
        }
        for (DeviceRule rule : rules) {
            device(rule, match);
        }
        next.here();
    }

    private void device(DeviceRule rule, BpfAssembler.Label match) {
        boolean anyMajor = rule.major() == DeviceRule.ANY;
        boolean anyMinor = rule.minor() == DeviceRule.ANY;
        if (anyMajor && anyMinor) {
            // Always taken, since the type is never 0. With an unconditional jump the rest would be unreachable code,
            // which the kernel refuses.
            out.jump(BpfAssembler.JUMP_NOT_EQUAL, TYPE, 0, match);
        } else if (anyMinor) {
            out.jump(BpfAssembler.JUMP_EQUAL, MAJOR, (int) rule.major(), match);
        } else if (anyMajor) {
            out.jump(BpfAssembler.JUMP_EQUAL, MINOR, (int) rule.minor(), match);
        } else {
            out.load(R0, rule.major() << MAJOR_SHIFT | rule.minor());
            out.jumpIfSame(DEVICE, R0, match);
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
}
