package io.jbox.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.config.DeviceRule;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Runs the programs as the kernel would, and compares them with what the rules say. */
class DeviceProgramTest {
    private static final long[] NUMBERS = {0, 1, 3, 5, 0xfffff};
    private static final String[] ACCESSES = {"r", "w", "m", "rw", "rwm", "wm"};

    @Test
    void allowsWhatTheRulesSay() {
        Random random = new Random(20261129);
        for (int round = 0; round < 300; round++) {
            List<DeviceRule> denied = rules(random);
            List<DeviceRule> allowed = rules(random);
            byte[] program = DeviceProgram.of(denied, allowed);
            for (char type : new char[] {'b', 'c'}) {
                for (int access = 1; access <= 7; access++) {
                    for (long major : NUMBERS) {
                        for (long minor : NUMBERS) {
                            assertThat(run(program, type, access, (int) major, (int) minor))
                                    .as(
                                            "%s %s:%s access %s, denied %s, allowed %s",
                                            type, major, minor, access, denied, allowed)
                                    .isEqualTo(expected(denied, allowed, type, access, major, minor) ? 1 : 0);
                        }
                    }
                }
            }
        }
    }

    /** The kernel refuses a program with instructions that nothing leads to. */
    @Test
    void everyInstructionIsReached() {
        Random random = new Random(20261129);
        for (int round = 0; round < 300; round++) {
            byte[] program = DeviceProgram.of(rules(random), rules(random));
            assertThat(reached(program)).doesNotContain(false);
        }
    }

    @Test
    void asManyRulesAsTheKernelAccepts() {
        List<DeviceRule> rules = new ArrayList<>();
        for (int i = 0; i < DevicePolicy.MOST_RULES; i++) {
            rules.add(new DeviceRule('c', 1 + i, 7, "rwm"));
        }

        byte[] program = DeviceProgram.of(List.of(), rules);

        assertThat(run(program, 'c', 7, 1, 7)).isEqualTo(1);
        assertThat(run(program, 'c', 7, DevicePolicy.MOST_RULES, 7)).isEqualTo(1);
        assertThat(run(program, 'c', 7, DevicePolicy.MOST_RULES + 1, 7)).isZero();
        assertThat(conditionalJumps(program)).isLessThan(8192);
    }

    private static List<DeviceRule> rules(Random random) {
        List<DeviceRule> rules = new ArrayList<>();
        for (int i = random.nextInt(7); i > 0; i--) {
            char type = "bcca".charAt(random.nextInt(4));
            rules.add(
                    type == 'a'
                            ? new DeviceRule('a', DeviceRule.ANY, DeviceRule.ANY, "rwm")
                            : new DeviceRule(
                                    type, number(random), number(random), ACCESSES[random.nextInt(ACCESSES.length)]));
        }
        return rules;
    }

    private static long number(Random random) {
        return random.nextInt(4) == 0 ? DeviceRule.ANY : NUMBERS[random.nextInt(NUMBERS.length)];
    }

    private static boolean expected(
            List<DeviceRule> denied, List<DeviceRule> allowed, char type, int access, long major, long minor) {
        return denied.stream().noneMatch(rule -> isOf(rule, type, major, minor) && (bits(rule) & access) != 0)
                && allowed.stream().anyMatch(rule -> isOf(rule, type, major, minor) && (access & ~bits(rule)) == 0);
    }

    private static boolean isOf(DeviceRule rule, char type, long major, long minor) {
        return (rule.type() == 'a' || rule.type() == type)
                && (rule.major() == DeviceRule.ANY || rule.major() == major)
                && (rule.minor() == DeviceRule.ANY || rule.minor() == minor);
    }

    private static int bits(DeviceRule rule) {
        return (rule.access().contains("m") ? 1 : 0)
                | (rule.access().contains("r") ? 2 : 0)
                | (rule.access().contains("w") ? 4 : 0);
    }

    private static long run(byte[] program, char type, int access, int major, int minor) {
        ByteBuffer code = ByteBuffer.wrap(program).order(ByteOrder.LITTLE_ENDIAN);
        int[] context = {access << 16 | (type == 'b' ? 1 : 2), major, minor};
        long[] registers = new long[11];
        int at = 0;
        while (true) {
            int operation = code.get(at * 8) & 0xff;
            int to = code.get(at * 8 + 1) & 0xf;
            int from = code.get(at * 8 + 1) >> 4 & 0xf;
            int offset = code.getShort(at * 8 + 2);
            int number = code.getInt(at * 8 + 4);
            at++;
            switch (operation) {
                case 0x61 -> registers[to] = context[offset / 4] & 0xffffffffL;
                case 0xbf -> registers[to] = registers[from];
                case 0xb7 -> registers[to] = number;
                case 0x18 -> registers[to] = number & 0xffffffffL | (long) code.getInt(at++ * 8 + 4) << 32;
                case 0x57 -> registers[to] &= number;
                case 0x4f -> registers[to] |= registers[from];
                case 0x67 -> registers[to] <<= number;
                case 0x77 -> registers[to] >>>= number;
                case 0x15 -> at += registers[to] == number ? offset : 0;
                case 0x55 -> at += registers[to] != number ? offset : 0;
                case 0x1d -> at += registers[to] == registers[from] ? offset : 0;
                case 0x95 -> {
                    return registers[0];
                }
                default -> throw new AssertionError("operation 0x" + Integer.toHexString(operation));
            }
        }
    }

    private static List<Boolean> reached(byte[] program) {
        ByteBuffer code = ByteBuffer.wrap(program).order(ByteOrder.LITTLE_ENDIAN);
        boolean[] reached = new boolean[program.length / 8];
        reached[0] = true;
        for (int at = 0; at < reached.length; at++) {
            int operation = code.get(at * 8) & 0xff;
            if (!reached[at] || operation == 0x95) {
                continue;
            }
            reached[at + 1] = true;
            if (operation == 0x15 || operation == 0x55 || operation == 0x1d) {
                reached[at + 1 + code.getShort(at * 8 + 2)] = true;
            }
        }
        List<Boolean> all = new ArrayList<>();
        for (boolean one : reached) {
            all.add(one);
        }
        return all;
    }

    private static int conditionalJumps(byte[] program) {
        int jumps = 0;
        for (int at = 0; at < program.length; at += 8) {
            int operation = program[at] & 0xff;
            jumps += operation == 0x15 || operation == 0x55 || operation == 0x1d ? 1 : 0;
        }
        return jumps;
    }
}
