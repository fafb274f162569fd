package io.jbox.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.seccomp.Condition.Comparison;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@link FilterCompiler}, with the kernel's part played by {@link Interpreter}. */
class FilterCompilerTest {
    private static final int KILL_PROCESS = 0x8000_0000;
    private static final int ENOSYS = 0x0005_0026;
    private static final int EPERM = 0x0005_0001;
    private static final int ALLOW = 0x7fff_0000;
    private static final Set<String> ALL_CAPABILITIES = Set.of(
            "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_PTRACE", "SYS_TIME", "SYS_NICE", "BPF", "SYSLOG");

    /** What a profile says, without a program: the first rule that holds, those with conditions before the others. */
    private static Action expected(Profile profile, String call, Abi abi, long[] arguments) {
        Action last = profile.otherwise();
        for (Rule rule : profile.rules()) {
            if (!rule.call().equals(call) || !rule.abis().contains(abi)) {
                continue;
            }
            if (rule.conditions().isEmpty()) {
                last = rule.action();
                continue;
            }
            boolean holds = true;
            for (Condition condition : rule.conditions()) {
                holds &= holds(condition, arguments[condition.argument()]);
            }
            if (holds) {
                return rule.action();
            }
        }
        return last;
    }

    private static boolean holds(Condition condition, long argument) {
        int order = Long.compareUnsigned(argument & condition.mask(), condition.value());
        return switch (condition.comparison()) {
            case NE -> order != 0;
            case LT -> order < 0;
            case LE -> order <= 0;
            case EQ -> order == 0;
            case GE -> order >= 0;
            case GT -> order > 0;
        };
    }

    private static void check(Profile profile, String processor, Random random) {
        Interpreter interpreter = new Interpreter(FilterCompiler.compile(profile, processor));
        for (Abi abi : Abi.of(processor)) {
            for (String call : CallTable.get().names()) {
                int number = CallTable.get().number(call, abi);
                if (number < 0) {
                    continue;
                }
                for (int i = 0; i < 4; i++) {
                    long[] arguments = random.longs(6, -3, 8).toArray();
                    arguments[random.nextInt(6)] = random.nextLong();
                    arguments[random.nextInt(6)] = random.nextInt();
                    assertThat(interpreter.run(abi.audit(), number, arguments))
                            .as(abi + " " + call)
                            .isEqualTo(expected(profile, call, abi, arguments).value());
                }
            }
        }
    }

    @Test
    void theDefaultProfileMeansTheSameAsItsProgram() {
        for (String processor : List.of("x86_64", "aarch64")) {
            for (Set<String> capabilities : List.of(Set.<String>of(), Set.of("SYS_CHROOT"), ALL_CAPABILITIES)) {
                check(DefaultProfile.of(capabilities), processor, new Random(1));
            }
        }
    }

    @Test
    void soDoProfilesOfAnyKind() {
        List<String> names = CallTable.get().names();
        for (int seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            List<Rule> rules = new ArrayList<>();
            for (int i = random.nextInt(200); i > 0; i--) {
                List<Condition> conditions = new ArrayList<>();
                for (int j = random.nextInt(4); j > 0; j--) {
                    Comparison comparison = Comparison.values()[random.nextInt(Comparison.values().length)];
                    long value = random.nextBoolean() ? random.nextInt(8) : random.nextLong();
                    long mask = comparison == Comparison.EQ && random.nextBoolean() ? random.nextLong() : -1;
                    conditions.add(new Condition(random.nextInt(6), comparison, value & mask, mask));
                }
                Set<Abi> abis = random.nextInt(4) == 0 ? Set.of(Abi.I386) : Rule.EVERYWHERE;
                Action action = random.nextBoolean() ? Action.ALLOW : Action.errno(random.nextInt(100));
                rules.add(new Rule(names.get(random.nextInt(names.size())), action, conditions, abis));
            }
            Profile profile = new Profile("random", Action.errno(1), Action.errno(38), Rule.EVERYWHERE, rules);
            check(profile, seed % 2 == 0 ? "x86_64" : "aarch64", random);
        }
    }

    @Test
    void noOtherAbiIsAWayRound() {
        Interpreter interpreter = new Interpreter(FilterCompiler.compile(DefaultProfile.of(Set.of()), "x86_64"));
        long[] none = new long[6];

        // getpid is 39 on x86-64 and, with the bit of x32, nowhere; kexec_load is 283 on i386, getpid 20.
        assertThat(interpreter.run(Abi.X86_64.audit(), 39, none)).isEqualTo(ALLOW);
        assertThat(interpreter.run(Abi.X86_64.audit(), 0x4000_0000 | 39, none)).isEqualTo(ENOSYS);
        assertThat(interpreter.run(Abi.I386.audit(), 20, none)).isEqualTo(ALLOW);
        assertThat(interpreter.run(Abi.I386.audit(), 283, none)).isEqualTo(EPERM);
        assertThat(interpreter.run(Abi.AARCH64.audit(), 172, none)).isEqualTo(KILL_PROCESS);
        assertThat(interpreter.run(0x4000_0028, 20, none)).isEqualTo(KILL_PROCESS);
    }

    @Test
    void whatIsNewerThanTheTableIsNotThere() {
        Interpreter interpreter = new Interpreter(FilterCompiler.compile(DefaultProfile.of(Set.of()), "x86_64"));

        for (int number : new int[] {335, 423, 470, 500, 9999, 0x3fff_ffff}) {
            assertThat(interpreter.run(Abi.X86_64.audit(), number, new long[6])).isEqualTo(ENOSYS);
        }
        assertThat(interpreter.run(Abi.X86_64.audit(), -1, new long[6])).isEqualTo(ENOSYS);
    }

    @Test
    void anyCallCostsFewInstructions() {
        Interpreter interpreter = new Interpreter(FilterCompiler.compile(DefaultProfile.of(Set.of()), "x86_64"));
        int most = 0;
        for (int number = 0; number < 470; number++) {
            interpreter.run(Abi.X86_64.audit(), number, new long[6]);
            most = Math.max(most, interpreter.steps());
        }
        assertThat(most).isLessThan(40);
    }
}
