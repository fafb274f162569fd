package io.jbox.compile;

import static io.jbox.compile.WalkedProcess.FAILED;
import static io.jbox.compile.WalkedProcess.error;
import static io.jbox.compile.WalkedProcess.step;
import static io.jbox.compile.WalkedProcess.told;
import static io.jbox.uapi.Syscall.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Fail;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Step;
import io.jbox.program.Undo;
import io.jbox.uapi.Syscall;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A stand-alone program says what has failed, takes back what it has made and nothing else, and ends. */
class ToldFailuresTest {
    private static Call close(int number) {
        return Call.must(CLOSE, Arg.number(number));
    }

    private static Call maybe(Syscall syscall, int number) {
        return Call.may(syscall, Arg.number(number));
    }

    private static Undo undo(int number) {
        return Undo.by(maybe(UMASK, number));
    }

    private static Call outcome(Call.Outcome outcome) {
        return new Call(UMASK, List.of(Arg.number(5)), outcome, null, null);
    }

    @Test
    void itSaysTheStepTheCallAndThePlace() {
        WalkedProcess process = told(List.of(step("one", 4, close(1))), error("EPERM"));

        assertThat(process.said())
                .isEqualTo(
                        "jbox: box: one: close: Operation not permitted (EPERM)\n  test.yaml:4:3\n   4 | \n     |   ^\n");
        assertThat(process.calls()).containsExactly("close 1", "writev 2", "exit_group " + FAILED);
    }

    @Test
    void whatWasMadeIsUndoneTheLastFirst() {
        List<Step> steps = List.of(step("one", 1, close(1), undo(11), close(2), undo(12), close(3), undo(13)));

        assertThat(told(steps, 0, 0, error("EIO")).calls())
                .containsExactly(
                        "close 1", "close 2", "close 3", "writev 2", "umask 12", "umask 11", "exit_group " + FAILED);
        assertThat(told(steps, error("EIO")).calls()).containsExactly("close 1", "writev 2", "exit_group " + FAILED);
    }

    /** What may fail has made nothing where it did. */
    @Test
    void whatWasNotMadeIsNotUndone() {
        List<Step> steps = List.of(step("one", 1, maybe(CLOSE, 1), undo(11), close(2)));

        assertThat(told(steps, error("EEXIST"), error("EIO")).calls())
                .containsExactly("close 1", "close 2", "writev 2", "exit_group " + FAILED);
        assertThat(told(steps, 0, error("EIO")).calls())
                .containsExactly("close 1", "close 2", "writev 2", "umask 11", "exit_group " + FAILED);
    }

    /** Nor what is in a branch that was not taken. */
    @Test
    void aBranchIsUndoneWhereItWasTaken() {
        Branch branch = Branch.when(maybe(GETPID, 0), Sign.ZERO, close(1), undo(11), maybe(CLOSE, 2), undo(12));
        List<Step> steps = List.of(step("one", 1, branch, close(3)));

        assertThat(told(steps, 1, error("EIO")).calls())
                .containsExactly("getpid 0", "close 3", "writev 2", "exit_group " + FAILED);
        assertThat(told(steps, 0, 0, 0, error("EIO")).calls())
                .containsExactly(
                        "getpid 0",
                        "close 1",
                        "close 2",
                        "close 3",
                        "writev 2",
                        "umask 12",
                        "umask 11",
                        "exit_group " + FAILED);
        assertThat(told(steps, 0, 0, error("EEXIST"), error("EIO")).calls())
                .containsExactly(
                        "getpid 0", "close 1", "close 2", "close 3", "writev 2", "umask 11", "exit_group " + FAILED);
        assertThat(told(steps, 0, error("EIO")).calls())
                .containsExactly("getpid 0", "close 1", "writev 2", "exit_group " + FAILED);
    }

    @Test
    void whatAnotherHasSaidIsNotSaidAgain() {
        Arg.Cell code = new Arg.Cell("code", 8);
        Step step =
                step("one", 1, close(1), undo(11), Memory.set(code, Arg.number(5)), new Fail(Fail.Reason.SAID, code));

        WalkedProcess process = told(List.of(step));
        assertThat(process.said()).isEmpty();
        assertThat(process.calls()).containsExactly("close 1", "umask 11", "exit_group 5");
        assertThat(told(List.of(step("two", 1, outcome(Call.Outcome.MUST_BE_POSITIVE))))
                        .calls())
                .containsExactly("umask 5", "exit_group " + FAILED);
        assertThat(told(List.of(step("two", 1, outcome(Call.Outcome.MUST_BE_ZERO))), 3)
                        .calls())
                .containsExactly("umask 5", "exit_group " + FAILED);
    }

    @Test
    void whatHasChangedIsSaidWithAWayOut() {
        WalkedProcess process = told(List.of(step("look", 1, new Fail(Fail.Reason.CHANGED, null))));

        assertThat(process.said())
                .startsWith(
                        "jbox: box: look: it is not what it was when this program was made\n  hint: jbox compile -o");
        assertThatThrownBy(() -> told(List.of(step("wait", 1, new Fail(Fail.Reason.LATE, null)))))
                .hasMessage("wait: has no such form");
    }

    @ParameterizedTest
    @EnumSource(names = {"ELSE_SKIP_STEP", "MAY_FAIL"})
    void whatMayFailIsNotSpokenOf(Call.Outcome outcome) {
        assertThat(told(List.of(step("one", 1, outcome(outcome)), step("two", 1, close(2))), error("EIO"))
                        .calls())
                .containsExactly("umask 5", "close 2", "exit_group " + WalkedProcess.DONE);
    }

    @ParameterizedTest
    @EnumSource(names = {"SAY_FAILURE"})
    void whatHasNoSuchFormIsRefused(Call.Outcome outcome) {
        assertThatThrownBy(() -> told(List.of(step("one", 1, outcome(outcome)))))
                .hasMessage("umask(5): has no such form");
    }
}
