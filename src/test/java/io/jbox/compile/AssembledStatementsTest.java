package io.jbox.compile;

import static io.jbox.compile.WalkedProcess.DONE;
import static io.jbox.compile.WalkedProcess.FAILED;
import static io.jbox.compile.WalkedProcess.error;
import static io.jbox.compile.WalkedProcess.reported;
import static io.jbox.compile.WalkedProcess.step;
import static io.jbox.uapi.Syscall.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.problem.JboxException;
import io.jbox.program.Action;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Fail;
import io.jbox.program.Fork;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each kind of statement: the calls that are made of it, where it goes on, and what is said of its failure. */
class AssembledStatementsTest {
    private static final Loop.Label OUTER_LOOP = new Loop.Label("outer");
    private static final Loop.Label INNER_LOOP = new Loop.Label("inner");
    private static final Loop.Label SHORT_LOOP = new Loop.Label("l");
    private static final Loop.Label ONLY_LOOP = new Loop.Label("loop");
    private static final Loop.Label ROUNDS_LOOP = new Loop.Label("rounds");

    private static final String END = "exit_group " + DONE;
    private static final String DIES = "exit_group " + FAILED;
    private static final Arg.Cell CELL = new Arg.Cell("cell", Long.BYTES);
    private static final Descriptor FILE = new Descriptor("file");

    /** A call that is known by its argument. */
    private static Call close(int number) {
        return Call.must(CLOSE, Arg.number(number));
    }

    private static Call umask(Arg argument) {
        return Call.may(UMASK, argument);
    }

    private static void assertFailure(WalkedProcess process, String message, String place) {
        JboxException failure = Objects.requireNonNull(process.failure());
        assertThat(failure).hasMessage(message);
        assertThat(failure.problems().get(0).place()).hasToString(place);
    }

    @Test
    void stepsFollowEachOther() {
        WalkedProcess process = reported(List.of(step("one", 1, close(1), close(2)), step("two", 2, close(3))));

        assertThat(process.calls()).containsExactly("close 1", "close 2", "close 3", END);
        assertThat(process.failure()).isNull();
    }

    @Test
    void aCallThatMustSucceedEndsTheProcessAndNamesItsStep() {
        WalkedProcess process = reported(
                List.of(step("one", 1, close(1)), step("two", 2, close(2)), step("three", 3, close(3))),
                0,
                error("EPERM"));

        assertThat(process.calls()).containsExactly("close 1", "close 2", DIES);
        assertFailure(process, "box: two: close: Operation not permitted (EPERM)", "test.yaml:2:3");
    }

    /** What a negative, zero and positive result mean to each outcome. */
    @ParameterizedTest
    @CsvSource({
        "MUST_SUCCEED, dies, on, on",
        "MUST_BE_POSITIVE, dies, dies, on",
        "MUST_BE_ZERO, dies, on, dies",
        "MAY_FAIL, on, on, on",
        "ELSE_SKIP_STEP, skips, on, on",
    })
    void anOutcomeSaysWhichResultsFail(Call.Outcome outcome, String negative, String zero, String positive) {
        Call call = new Call(UMASK, List.of(Arg.number(1)), outcome, null, null);
        String[] expected = {negative, zero, positive};
        for (int i = 0; i < 3; i++) {
            WalkedProcess process =
                    reported(List.of(step("one", 1, call, close(2)), step("two", 2, close(3))), i == 0 ? -1 : i - 1);

            assertThat(process.calls())
                    .isEqualTo(
                            switch (expected[i]) {
                                case "dies" -> List.of("umask 1", DIES);
                                case "skips" -> List.of("umask 1", "close 3", END);
                                default -> List.of("umask 1", "close 2", "close 3", END);
                            });
            assertThat(process.failure() != null).isEqualTo(expected[i].equals("dies") && i == 0);
        }
    }

    @Test
    void aDescriptorGoesToTheCallsThatUseIt() {
        Call open = Call.must(OPENAT, Arg.cwd(), Arg.text("/x")).opens(FILE);
        WalkedProcess process = reported(
                List.of(step("one", 1, open, Call.must(FCHDIR, Arg.fd(FILE)), Call.must(CLOSE, Arg.fd(FILE)))), 12);

        assertThat(process.calls()).containsExactly("openat -100", "fchdir 12", "close 12", END);
    }

    @ParameterizedTest
    @EnumSource
    void aBranchIsTakenByTheSignOfAResult(Sign sign) {
        boolean[] taken = {sign.hasNegative(), sign.hasZero(), sign.hasPositive()};
        for (Action action : List.of(umask(Arg.number(1)), Memory.add(CELL, Arg.number(0)))) {
            for (int result = -1; result <= 1; result++) {
                Statement before = Memory.add(CELL, result);
                List<Step> steps = List.of(step("one", 1, before, Branch.when(action, sign, close(2)), close(3)));
                WalkedProcess process = action instanceof Memory ? reported(steps) : reported(steps, result);

                assertThat(process.calls().contains("close 2"))
                        .as(action.notation() + " = " + result)
                        .isEqualTo(taken[result + 1]);
                assertThat(process.calls()).endsWith("close 3", END);
            }
        }
    }

    @Test
    void aBranchWhoseCallMustSucceedFailsWhateverItsSign() {
        for (Sign sign : List.of(Sign.ZERO, Sign.POSITIVE, Sign.NOT_NEGATIVE)) {
            WalkedProcess process =
                    reported(List.of(step("one", 4, Branch.when(close(1), sign, close(2)), close(3))), error("EBADF"));

            assertThat(process.calls()).containsExactly("close 1", DIES);
            assertFailure(process, "box: one: close: Bad file descriptor (EBADF)", "test.yaml:4:3");
        }
    }

    @Test
    void aLoopGoesRoundUntilItIsLeft() {
        Loop loop = Loop.of(
                OUTER_LOOP,
                close(0),
                Loop.of(
                        INNER_LOOP,
                        close(1),
                        Branch.when(umask(Arg.number(2)), Sign.NEGATIVE, Jump.leave(OUTER_LOOP)),
                        Branch.when(umask(Arg.number(3)), Sign.ZERO, Jump.leave(INNER_LOOP)),
                        Branch.when(umask(Arg.number(4)), Sign.POSITIVE, Jump.again(OUTER_LOOP))),
                close(5));

        // Round the inner one; out of it; again from within; out of both.
        WalkedProcess process = reported(
                List.of(step("one", 1, loop, close(6))),
                0,
                0,
                1,
                1,
                0, /**/
                0,
                1,
                0,
                0, /**/
                0,
                0,
                1,
                1,
                1, /**/
                0,
                0,
                -1);

        assertThat(process.calls())
                .containsExactly(
                        "close 0", "close 1", "umask 2", "umask 3", "umask 4", "close 1", "umask 2", "umask 3",
                        "close 5", "close 0", "close 1", "umask 2", "umask 3", "umask 4", "close 0", "close 1",
                        "umask 2", "close 6", END);
    }

    @Test
    void aStepInALoopIsSkippedInPeaceEachTime() {
        Step optional = Step.by(Actor.INIT, "try", step("x", 1).place())
                .add(close(1), close(2))
                .optional()
                .build();
        WalkedProcess process = reported(
                List.of(step(
                        "one",
                        1,
                        Loop.of(
                                SHORT_LOOP,
                                optional,
                                Branch.when(umask(Arg.number(3)), Sign.POSITIVE, Jump.leave(SHORT_LOOP))))),
                -1,
                0,
                0,
                -1,
                1);

        assertThat(process.calls()).containsExactly("close 1", "umask 3", "close 1", "close 2", "umask 3", END);
        assertThat(process.failure()).isNull();
    }

    @Test
    void whoJumpsOutOfNoLoopIsRefused() {
        assertThatThrownBy(() -> reported(List.of(step("one", 1, Jump.leave(ONLY_LOOP)))))
                .hasMessage("leave loop, which it is not in");
    }

    @Test
    void memoryIsAddedToComparedAndCopied() {
        Arg.Cell other = new Arg.Cell("other", Long.BYTES);
        WalkedProcess process = reported(List.of(step(
                "one",
                1,
                Memory.add(CELL, 5),
                Memory.add(CELL, -2),
                umask(new Arg.ValueOf(CELL)),
                Branch.when(Memory.compare(CELL, 3, Long.BYTES), Sign.ZERO, close(1)),
                Branch.when(Memory.compare(CELL, 4, Long.BYTES), Sign.ZERO, close(2)),
                Branch.when(Memory.same(CELL, other, Long.BYTES), Sign.NOT_ZERO, close(3)),
                Memory.copy(other, CELL, 1),
                Branch.when(Memory.same(CELL, other, Long.BYTES), Sign.ZERO, close(4)))));

        assertThat(process.calls()).containsExactly("umask 3", "close 1", "close 3", "close 4", END);
    }

    @Test
    void aResultThatIsKeptIsANumberOf32Bits() {
        WalkedProcess process = reported(
                List.of(step("one", 1, umask(Arg.number(1)).into(CELL), umask(new Arg.ValueOf(CELL, 0, 4)))),
                0x1_2345_6789L);

        assertThat(process.calls()).containsExactly("umask 1", "umask " + 0x2345_6789, END);
    }

    @Test
    void theChildTakesItsBodyAndTheParentWhatComesBehind() {
        Fork fork = Fork.of(Call.must(CLONE, Arg.number(17)), List.of(close(1)));
        List<Step> steps = List.of(step("one", 1, fork, close(2)));

        assertThat(reported(steps, 0).calls()).containsExactly("clone 17", "close 1", "exit_group 127");
        assertThat(reported(steps, 42).calls()).containsExactly("clone 17", "close 2", END);
        WalkedProcess process = reported(steps, error("EAGAIN"));
        assertThat(process.calls()).containsExactly("clone 17", DIES);
        assertFailure(process, "box: one: clone: Resource temporarily unavailable (EAGAIN)", "test.yaml:1:3");
    }

    /** The parent waits for it and says what was wrong. */
    @Test
    void whatFailsInAChildEndsTheChildAlone() {
        Fork fork = Fork.of(Call.must(CLONE, Arg.number(17)), List.of(close(1), close(2)));
        WalkedProcess process = reported(List.of(step("one", 1, fork, close(3))), 0, -1);

        assertThat(process.calls()).containsExactly("clone 17", "close 1", "exit_group 127");
        assertThat(process.failure()).isNull();
    }

    @Test
    void aChildThatIsNotAssembledIsRefused() {
        Fork fork = Fork.of(Call.must(CLONE, Arg.number(17)), Actor.COMMAND);

        assertThatThrownBy(() -> reported(List.of(step("one", 1, fork)))).hasMessage("COMMAND is not assembled");
    }

    @Test
    void aStepInAStepIsNamedByItselfAndTheOuterGoesOn() {
        Step inner = step("inner", 2, close(2));
        List<Step> steps = List.of(step("outer", 1, close(1), inner, close(3)));

        assertThat(reported(steps).calls()).containsExactly("close 1", "close 2", "close 3", END);
        assertFailure(reported(steps, 0, error("EIO")), "box: inner: close: Input/output error (EIO)", "test.yaml:2:3");
        assertFailure(
                reported(steps, 0, 0, error("EIO")), "box: outer: close: Input/output error (EIO)", "test.yaml:1:3");
    }

    @Test
    void aFailureSaysItsReason() {
        Fail late = new Fail(Fail.Reason.LATE, null);
        Fail status = new Fail(Fail.Reason.STATUS, CELL);

        assertFailure(reported(List.of(step("wait", 5, late, close(1)))), "box: wait: took too long", "test.yaml:5:3");
        assertFailure(
                reported(List.of(step("hook", 6, Memory.add(CELL, 3 << 8), status))),
                "box: hook: exit code 3",
                "test.yaml:6:3");
        assertFailure(
                reported(List.of(step("hook", 6, Memory.add(CELL, 15), status))),
                "box: hook: killed by SIGTERM",
                "test.yaml:6:3");
    }

    @Test
    void aFailureThatWasNotReachedIsNone() {
        WalkedProcess process = reported(List.of(
                step("wait", 5, Branch.when(close(1), Sign.POSITIVE, new Fail(Fail.Reason.LATE, null)))));

        assertThat(process.calls()).containsExactly("close 1", END);
        assertThat(process.failure()).isNull();
    }

    /** Of the places where a program may be, the one that has it tells why it was not executed. */
    @ParameterizedTest
    @CsvSource({
        "ENOENT, ENOENT, No such file or directory (ENOENT), 127",
        "EACCES, ENOENT, Permission denied (EACCES), 126",
        "ENOTDIR, ENOEXEC, Exec format error (ENOEXEC), 126"
    })
    void aProgramThatIsNowhereHasTheReasonOfTheOneThatIsThere(String first, String second, String described, int code) {
        Call execve = Call.may(EXECVE, Arg.text("/x"));
        WalkedProcess process = reported(
                List.of(step("execute", 7, execve, execve, new Fail(Fail.Reason.NOT_EXECUTED, null))),
                error(first),
                error(second));

        assertThat(process.calls()).last().isEqualTo(DIES);
        assertFailure(process, "box: execute: " + described, "test.yaml:7:3");
        assertThat(Objects.requireNonNull(process.failure()).exitCode()).isEqualTo(code);
    }

    @Test
    void aHintIsThatOfTheCallAndTheError() {
        Step step = Step.by(Actor.INIT, "one", step("x", 1).place())
                .hint(OPENAT, Errno.ENOENT, "of another call")
                .hint(CLOSE, Errno.EPERM, "of another error")
                .hint(null, Errno.ENOENT, "wanted")
                .hint(CLOSE, Errno.ENOENT, "too late")
                .add(close(1))
                .build();

        assertThat(Objects.requireNonNull(
                                reported(List.of(step), error("ENOENT")).failure())
                        .problems()
                        .get(0)
                        .hint())
                .isEqualTo("wanted");
    }

    @Test
    void onlyJboxHasEffects() {
        Effect effect = new Effect.LockBox("/run/jbox/b");

        assertThatThrownBy(() -> reported(List.of(step("one", 1, effect))))
                .hasMessageEndingWith(": only jbox itself has effects");
    }

    /** The kernel changes the timeout of a ppoll, which is a structure of the program's: in a loop each wait is as long. */
    @Test
    void eachRoundOfALoopWaitsAsLong() {
        Arg timeout = Arg.struct(Arg.Field.of("tv_sec", Arg.number(1)), Arg.Field.of("tv_nsec", Arg.number(5)));
        Call wait = Call.may(PPOLL, Arg.nothing(), Arg.number(0), timeout, Arg.nothing(), Arg.number(8));
        Loop loop = Loop.of(
                ROUNDS_LOOP,
                wait,
                Branch.when(umask(Arg.number(1)), Sign.POSITIVE, Jump.leave(ROUNDS_LOOP)),
                Jump.again(ROUNDS_LOOP));

        assertThat(reported(List.of(step("one", 1, loop)), 0, 0, 0, 0, 0, 1).waits())
                .containsExactly(1_000_000_005L, 1_000_000_005L, 1_000_000_005L);
    }
}
