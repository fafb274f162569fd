package io.jbox.seccomp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code Profile → Filter}: a binary search over ranges of numbers for each ABI, so that a call costs about ten
 * instructions whichever it is, where a list of comparisons costs hundreds.
 *
 * <pre>
 *  ld arch
 *  jeq x86_64 → ld nr; jge 0x40000000 → ENOSYS (x32); search
 *  jeq i386   → ld nr; search
 *  kill
 * </pre>
 */
public final class FilterCompiler {
    private static final int LD = 0x20;
    private static final int JA = 0x05;
    private static final int JEQ = 0x15;
    private static final int JGT = 0x25;
    private static final int JGE = 0x35;
    private static final int AND = 0x54;
    private static final int RET = 0x06;
    private static final int NR = 0;
    private static final int ARCH = 4;
    private static final int ARGUMENTS = 16;
    private static final int X32_BIT = 0x4000_0000;
    private static final int MAX_JUMP = 255;
    /** BPF_MAXINSNS. */
    private static final int MAX_LENGTH = 4096;

    private final Profile profile;
    private final CallTable table = CallTable.get();

    private FilterCompiler(Profile profile) {
        this.profile = profile;
    }

    /**
     * @param processor as uname -m has it
     * @throws IllegalArgumentException if it is longer than the kernel takes
     */
    public static Filter compile(Profile profile, String processor) {
        FilterCompiler compiler = new FilterCompiler(profile);
        List<Instruction> all = new ArrayList<>();
        all.add(new Instruction(LD, 0, 0, ARCH));
        for (Abi abi : Abi.of(processor)) {
            List<Instruction> code = compiler.abi(abi);
            all.add(new Instruction(JEQ, 1, 0, abi.audit()));
            all.add(new Instruction(JA, 0, 0, code.size()));
            all.addAll(code);
        }
        // An ABI that we do not know the calls of.
        all.add(result(Action.of(Action.Kind.KILL_PROCESS)));
        if (all.size() > MAX_LENGTH) {
            throw new IllegalArgumentException("over " + MAX_LENGTH + " instructions");
        }
        ByteBuffer out = ByteBuffer.allocate(all.size() * Filter.INSTRUCTION).order(ByteOrder.LITTLE_ENDIAN);
        for (Instruction instruction : all) {
            out.putShort((short) instruction.code)
                    .put((byte) instruction.onTrue)
                    .put((byte) instruction.onFalse);
            out.putInt(instruction.operand);
        }
        return new Filter(out.array(), profile, processor);
    }

    private record Instruction(int code, int onTrue, int onFalse, int operand) {}

    private static Instruction result(Action action) {
        return new Instruction(RET, 0, 0, action.value());
    }

    /** From a number on, up to the next range. */
    private record Range(int first, List<Instruction> code) {}

    private List<Instruction> abi(Abi abi) {
        List<Instruction> code = new ArrayList<>();
        code.add(new Instruction(LD, 0, 0, NR));
        if (abi == Abi.X86_64) {
            code.add(new Instruction(JGE, 0, 1, X32_BIT));
            code.add(result(Action.errno(Action.ENOSYS)));
        }
        code.addAll(search(ranges(abi)));
        return code;
    }

    private List<Range> ranges(Abi abi) {
        Map<String, List<Rule>> rules = new LinkedHashMap<>();
        for (Rule rule : profile.rules()) {
            if (rule.abis().contains(abi)) {
                List<Rule> known = rules.get(rule.call());
                if (known == null) {
                    known = new ArrayList<>();
                    rules.put(rule.call(), known);
                }
                known.add(rule);
            }
        }
        TreeMap<Integer, List<Instruction>> byNumber = new TreeMap<>();
        List<Instruction> otherwise = List.of(result(profile.otherwise()));
        for (String name : table.names()) {
            int number = table.number(name, abi);
            if (number >= 0) {
                List<Rule> ofCall = rules.get(name);
                byNumber.put(number, ofCall == null ? otherwise : rules(ofCall));
            }
        }
        List<Instruction> unknown = List.of(result(profile.unknown()));
        List<Range> ranges = new ArrayList<>();
        int next = 0;
        for (Map.Entry<Integer, List<Instruction>> entry : byNumber.entrySet()) {
            if (entry.getKey() > next) {
                add(ranges, next, unknown);
            }
            add(ranges, entry.getKey(), entry.getValue());
            next = entry.getKey() + 1;
        }
        add(ranges, next, unknown);
        return ranges;
    }

    private static void add(List<Range> ranges, int first, List<Instruction> code) {
        if (ranges.isEmpty() || !ranges.get(ranges.size() - 1).code.equals(code)) {
            ranges.add(new Range(first, code));
        }
    }

    private static List<Instruction> search(List<Range> ranges) {
        if (ranges.size() == 1) {
            return ranges.get(0).code;
        }
        int middle = ranges.size() / 2;
        List<Instruction> below = search(ranges.subList(0, middle));
        List<Instruction> above = search(ranges.subList(middle, ranges.size()));
        List<Instruction> code = new ArrayList<>();
        if (below.size() <= MAX_JUMP) {
            code.add(new Instruction(JGE, below.size(), 0, ranges.get(middle).first));
        } else {
            code.add(new Instruction(JGE, 0, 1, ranges.get(middle).first));
            code.add(new Instruction(JA, 0, 0, below.size()));
        }
        code.addAll(below);
        code.addAll(above);
        return code;
    }

    /** The rules of one call: those with conditions first. */
    private List<Instruction> rules(List<Rule> rules) {
        List<Instruction> code = new ArrayList<>();
        Action last = profile.otherwise();
        for (Rule rule : rules) {
            if (rule.conditions().isEmpty()) {
                last = rule.action();
            } else {
                code.addAll(rule(rule));
            }
        }
        code.add(result(last));
        return code;
    }

    /** All conditions true: the action; else on to what is behind. */
    private static List<Instruction> rule(Rule rule) {
        List<Instruction> code = new ArrayList<>();
        code.add(result(rule.action()));
        for (int i = rule.conditions().size() - 1; i >= 0; i--) {
            code.addAll(0, condition(rule.conditions().get(i), code.size()));
        }
        return code;
    }

    /**
     * Goes on behind itself if the condition is true, and else skips so many more instructions.
     *
     * <p>An argument is compared in two halves; the high one decides unless it is equal.
     */
    private static List<Instruction> condition(Condition condition, int skip) {
        int high = ARGUMENTS + condition.argument() * Long.BYTES + Integer.BYTES;
        int highValue = (int) (condition.value() >>> Integer.SIZE);
        int highMask = (int) (condition.mask() >>> Integer.SIZE);
        List<Instruction> low = low(condition, skip);
        List<Instruction> code = new ArrayList<>();
        code.add(new Instruction(LD, 0, 0, high));
        if (highMask != -1) {
            code.add(new Instruction(AND, 0, 0, highMask));
        }
        int behind = low.size();
        switch (condition.comparison()) {
            case EQ -> code.add(new Instruction(JEQ, 0, behind + skip, highValue));
            case NE -> code.add(new Instruction(JEQ, 0, behind, highValue));
            case GT, GE -> {
                code.add(new Instruction(JGT, behind + 1, 0, highValue));
                code.add(new Instruction(JEQ, 0, behind + skip, highValue));
            }
            case LT, LE -> {
                code.add(new Instruction(JGT, behind + 1 + skip, 0, highValue));
                code.add(new Instruction(JEQ, 0, behind, highValue));
            }
        }
        code.addAll(low);
        return code;
    }

    private static List<Instruction> low(Condition condition, int skip) {
        int value = (int) condition.value();
        int mask = (int) condition.mask();
        List<Instruction> code = new ArrayList<>();
        code.add(new Instruction(LD, 0, 0, ARGUMENTS + condition.argument() * Long.BYTES));
        if (mask != -1) {
            code.add(new Instruction(AND, 0, 0, mask));
        }
        code.add(
                switch (condition.comparison()) {
                    case EQ -> new Instruction(JEQ, 0, skip, value);
                    case NE -> new Instruction(JEQ, skip, 0, value);
                    case GT -> new Instruction(JGT, 0, skip, value);
                    case GE -> new Instruction(JGE, 0, skip, value);
                    case LT -> new Instruction(JGE, skip, 0, value);
                    case LE -> new Instruction(JGT, skip, 0, value);
                });
        return code;
    }
}
