package io.jbox.seccomp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Compiles a {@link Profile} into a {@link Filter}: a binary search over ranges of numbers for each ABI, so that every
 * call costs about ten instructions, while a list of comparisons costs hundreds.
 *
 * <p>Every start runs it in a cold JVM: an instruction is a long, and there are no collections of small objects.
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

    private static final int[] NOWHERE = {-1, -1, -1};

    private final Profile profile;
    private final CallTable table = CallTable.get();

    /** The numbers of each rule's call. */
    private final int[][] numbers;

    private FilterCompiler(Profile profile) {
        this.profile = profile;
        this.numbers = new int[profile.rules().size()][];
        for (int i = 0; i < numbers.length; i++) {
            int[] row = table.row(profile.rules().get(i).call());
            numbers[i] = row == null ? NOWHERE : row;
        }
    }

    /**
     * @param processor as printed by uname -m
     * @throws IllegalArgumentException if it is longer than the kernel accepts
     */
    public static Filter compile(Profile profile, String processor) {
        FilterCompiler compiler = new FilterCompiler(profile);
        Code all = new Code();
        all.add(LD, 0, 0, ARCH);
        for (Abi abi : Abi.of(processor)) {
            if (!profile.abis().contains(abi)) {
                continue;
            }
            Code code = compiler.abi(abi);
            all.add(JEQ, 1, 0, abi.audit());
            all.add(JA, 0, 0, code.length);
            all.add(code);
        }
        // An ABI that the profile does not cover, or whose calls jbox does not know.
        all.add(RET, 0, 0, Action.of(Action.Kind.KILL_PROCESS).value());
        if (all.length > MAX_LENGTH) {
            throw new IllegalArgumentException("over " + MAX_LENGTH + " instructions");
        }
        ByteBuffer out = ByteBuffer.allocate(all.length * Filter.INSTRUCTION).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < all.length; i++) {
            out.putLong(all.words[i]);
        }
        return new Filter(out.array(), profile, processor);
    }

    /** Instructions: each struct sock_filter as one little-endian word. */
    private static final class Code {
        private long[] words = new long[64];
        private int length;

        void add(int code, int onTrue, int onFalse, int operand) {
            add(code | (long) onTrue << 16 | (long) onFalse << 24 | (long) operand << Integer.SIZE);
        }

        private void add(long word) {
            if (length == words.length) {
                words = Arrays.copyOf(words, 2 * length);
            }
            words[length++] = word;
        }

        void add(Code other) {
            for (int i = 0; i < other.length; i++) {
                add(other.words[i]);
            }
        }
    }

    private Code abi(Abi abi) {
        Code code = new Code();
        code.add(LD, 0, 0, NR);
        if (abi == Abi.X86_64) {
            code.add(JGE, 0, 1, X32_BIT);
            code.add(RET, 0, 0, Action.errno(Action.ENOSYS).value());
        }
        int[] actions = actions(abi);
        @Nullable List<Rule>[] conditional = conditional(abi, actions.length);
        int[] firsts = new int[actions.length];
        int count = 0;
        for (int number = 0; number < actions.length; number++) {
            boolean same = number > 0
                    && actions[number] == actions[number - 1]
                    && conditional[number] == null
                    && conditional[number - 1] == null;
            if (!same) {
                firsts[count++] = number;
            }
        }
        code.add(search(firsts, 0, count, actions, conditional));
        return code;
    }

    private int number(int index, Rule rule, Abi abi) {
        int[] row = numbers[index];
        boolean holds = rule.abis() == Rule.EVERYWHERE || rule.abis().contains(abi);
        return holds ? row[abi.ordinal()] : -1;
    }

    /** The action for each number if no condition holds; the last is for all higher numbers. */
    private int[] actions(Abi abi) {
        int[] actions = new int[table.highest(abi) + 2];
        Arrays.fill(actions, profile.unknown().value());
        int otherwise = profile.otherwise().value();
        for (int[] row : table.rows()) {
            int number = row[abi.ordinal()];
            if (number >= 0) {
                actions[number] = otherwise;
            }
        }
        for (int i = 0; i < numbers.length; i++) {
            Rule rule = profile.rules().get(i);
            int number = number(i, rule, abi);
            if (number >= 0 && rule.conditions().isEmpty()) {
                actions[number] = rule.action().value();
            }
        }
        return actions;
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // there are no arrays of a parameterized type
    private @Nullable List<Rule>[] conditional(Abi abi, int size) {
        @Nullable List<Rule>[] conditional = new List[size];
        for (int i = 0; i < numbers.length; i++) {
            Rule rule = profile.rules().get(i);
            int number = rule.conditions().isEmpty() ? -1 : number(i, rule, abi);
            if (number >= 0) {
                List<Rule> known = conditional[number];
                if (known == null) {
                    known = new ArrayList<>();
                    conditional[number] = known;
                }
                known.add(rule);
            }
        }
        return conditional;
    }

    /** Finds the range of a number, within a part of the ranges. */
    private static Code search(int[] firsts, int from, int to, int[] actions, @Nullable List<Rule>[] conditional) {
        Code code = new Code();
        if (to - from == 1) {
            List<Rule> rules = conditional[firsts[from]];
            for (int i = 0; rules != null && i < rules.size(); i++) {
                code.add(rule(rules.get(i)));
            }
            code.add(RET, 0, 0, actions[firsts[from]]);
            return code;
        }
        int middle = (from + to) >>> 1;
        Code below = search(firsts, from, middle, actions, conditional);
        if (below.length <= MAX_JUMP) {
            code.add(JGE, below.length, 0, firsts[middle]);
        } else {
            code.add(JGE, 0, 1, firsts[middle]);
            code.add(JA, 0, 0, below.length);
        }
        code.add(below);
        code.add(search(firsts, middle, to, actions, conditional));
        return code;
    }

    /** Takes the rule's action if all conditions hold, else continues after it. */
    private static Code rule(Rule rule) {
        Code code = new Code();
        code.add(RET, 0, 0, rule.action().value());
        for (int i = rule.conditions().size() - 1; i >= 0; i--) {
            Code condition = condition(rule.conditions().get(i), code.length);
            condition.add(code);
            code = condition;
        }
        return code;
    }

    /**
     * Continues if the condition holds, else skips a number of further instructions.
     *
     * <p>An argument is compared in two halves; the high one decides unless it is equal.
     */
    private static Code condition(Condition condition, int skip) {
        int offset = ARGUMENTS + condition.argument() * Long.BYTES;
        int value = (int) (condition.value() >>> Integer.SIZE);
        int mask = (int) (condition.mask() >>> Integer.SIZE);
        Code low = low(condition, skip);
        Code code = new Code();
        code.add(LD, 0, 0, offset + Integer.BYTES);
        if (mask != -1) {
            code.add(AND, 0, 0, mask);
        }
        int behind = low.length;
        switch (condition.comparison()) {
            case EQ -> code.add(JEQ, 0, behind + skip, value);
            case NE -> code.add(JEQ, 0, behind, value);
            case GT, GE -> {
                code.add(JGT, behind + 1, 0, value);
                code.add(JEQ, 0, behind + skip, value);
            }
            case LT, LE -> {
                code.add(JGT, behind + 1 + skip, 0, value);
                code.add(JEQ, 0, behind, value);
            }
        }
        code.add(low);
        return code;
    }

    private static Code low(Condition condition, int skip) {
        int value = (int) condition.value();
        int mask = (int) condition.mask();
        Code code = new Code();
        code.add(LD, 0, 0, ARGUMENTS + condition.argument() * Long.BYTES);
        if (mask != -1) {
            code.add(AND, 0, 0, mask);
        }
        switch (condition.comparison()) {
            case EQ -> code.add(JEQ, 0, skip, value);
            case NE -> code.add(JEQ, skip, 0, value);
            case GT -> code.add(JGT, 0, skip, value);
            case GE -> code.add(JGE, 0, skip, value);
            case LT -> code.add(JGE, skip, 0, value);
            case LE -> code.add(JGT, skip, 0, value);
        }
        return code;
    }
}
