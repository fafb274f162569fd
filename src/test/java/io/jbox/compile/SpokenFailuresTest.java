package io.jbox.compile;

import static io.jbox.compile.WalkedProcess.DONE;
import static io.jbox.compile.WalkedProcess.error;
import static io.jbox.compile.WalkedProcess.spoken;
import static io.jbox.compile.WalkedProcess.step;
import static io.jbox.uapi.Syscall.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Fail;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a process says itself and ends with; UnshareIT and NsenterIT have it on the real kernel. */
class SpokenFailuresTest {
    private static final Call SAID = new Call(UMASK, List.of(Arg.number(2)), Call.Outcome.SAY_FAILURE, null, null);

    private static Call close(int number) {
        return Call.must(CLOSE, Arg.number(number));
    }

    private static Step.Draft draft(String subject) {
        return Step.by(Actor.TOOL, subject, Place.DEFAULT);
    }

    @Test
    void whatGoesWellIsNotSpokenOf() {
        WalkedProcess process = spoken(List.of(step("one", 1, close(1), SAID, close(3))));

        assertThat(process.said()).isEmpty();
        assertThat(process.calls()).containsExactly("close 1", "umask 2", "close 3", "exit_group " + DONE);
    }

    /** The table has all of them: address and length of each are where the number itself leads to. */
    @Test
    void everyErrorHasItsWords() {
        for (int errno = 1; errno <= 530; errno++) {
            WalkedProcess process = spoken(List.of(step("one", 1, close(1), close(2))), 0, -errno);

            String words = errno > 133 && errno != Errno.ENOTSUPP ? "Unknown error" : Errno.describe(errno);
            assertThat(process.said()).isEqualTo("jbox: tool: one: " + words + "\n");
            assertThat(process.calls()).containsExactly("close 1", "close 2", "writev 2", "exit_group 1");
        }
    }

    @Test
    void whatIsOnlySaidGoesOnAsOftenAsItFails() {
        WalkedProcess process = spoken(
                List.of(step("one", 1, SAID, close(1)), step("two", 2, SAID, close(3))),
                error("EPERM"),
                0,
                error("EIO"),
                error("EBADF"));

        assertThat(process.said()).isEqualTo("""
                        jbox: tool: one: Operation not permitted (EPERM)
                        jbox: tool: two: Input/output error (EIO)
                        jbox: tool: two: Bad file descriptor (EBADF)
                        """);
        assertThat(process.calls())
                .containsExactly(
                        "umask 2", "writev 2", "close 1", "umask 2", "writev 2", "close 3", "writev 2", "exit_group 1");
    }

    @Test
    void aHintIsSaidForItsErrorAndItsCallOnly() {
        List<Step> steps = List.of(draft("one")
                .hint(CLOSE, Errno.EPERM, "be root")
                .hint(OPENAT, Errno.EXDEV, "another disk")
                .hint(null, Errno.EBADF, "open it")
                .add(SAID, close(1))
                .build());

        assertThat(spoken(steps, 0, error("EPERM")).said()).endsWith("(EPERM)\n  hint: be root\n");
        assertThat(spoken(steps, 0, error("EBADF")).said()).endsWith("(EBADF)\n  hint: open it\n");
        assertThat(spoken(steps, 0, error("EIO")).said()).endsWith("(EIO)\n");
        // One hint does not stay for the next failure.
        assertThat(spoken(steps, error("EBADF"), error("EIO")).said())
                .isEqualTo("jbox: tool: one: Bad file descriptor (EBADF)\n  hint: open it\n"
                        + "jbox: tool: one: Input/output error (EIO)\n");
        assertThat(spoken(steps, error("EPERM")).said()).endsWith("(EPERM)\n");
    }

    @Test
    void aStepMayEndWithACodeOfItsOwn() {
        List<Step> steps = List.of(
                draft("one").add(close(1)).code(3).build(),
                draft("two").add(close(2)).build());

        assertThat(spoken(steps, error("EIO")).calls()).endsWith("exit_group 3");
        assertThat(spoken(steps, 0, error("EIO")).calls()).endsWith("exit_group 1");
        // What was only said leaves its code to nobody.
        assertThat(spoken(List.of(draft("one").add(SAID).code(3).build(), steps.get(1)), -1, -1)
                        .calls())
                .endsWith("exit_group 1");
    }

    @Test
    void aProgramThatIsMissingIs127AndOneThatCannotBeExecuted126() {
        List<Step> steps = List.of(draft("execute")
                .code(126)
                .add(Call.must(EXECVE, Arg.text("/x")))
                .build());

        assertThat(spoken(steps, error("ENOENT")).calls()).endsWith("exit_group 127");
        assertThat(spoken(steps, error("EACCES")).calls()).endsWith("exit_group 126");
    }

    @Test
    void bytesThatAreNoTextAreSaidAsTheyAre() {
        WalkedProcess process =
                spoken(List.of(draft("open \udcff ü").add(close(1)).build()), error("EIO"));

        assertThat(process.said()).isEqualTo("jbox: tool: open \udcff ü: Input/output error (EIO)\n");
    }

    @ParameterizedTest
    @EnumSource(names = {"MUST_BE_POSITIVE", "MUST_BE_ZERO", "ELSE_SKIP_STEP"})
    void whatIsNoErrorHasNoWords(Call.Outcome outcome) {
        Call call = new Call(UMASK, List.of(Arg.number(1)), outcome, null, null);

        assertThatThrownBy(() -> spoken(List.of(step("one", 1, call)))).hasMessage("umask(1): only an error has words");
        assertThatThrownBy(() -> spoken(List.of(step("one", 1, new Fail(Fail.Reason.LATE, null)))))
                .hasMessage("one: only an error has words");
    }
}
