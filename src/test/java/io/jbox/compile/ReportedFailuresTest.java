package io.jbox.compile;

import static io.jbox.uapi.Syscall.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.RecordingKernel;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Fail;
import io.jbox.program.Step;
import io.jbox.uapi.Syscall;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where an op goes on: with the one behind it, by way of the report, or to the child's own end. */
class ReportedFailuresTest {
    private static final Step STEP = WalkedProcess.step("one", 1);

    /** How a program of one op ends that was connected. */
    private static String end(Call.Outcome outcome, boolean inChild, long result) {
        RecordingKernel kernel = new RecordingKernel((call, arguments) -> result);
        Program program = kernel.arena().program();
        Op report = program.op(Syscall.WRITE, 9);
        report.next(0);
        ReportedFailures failures = new ReportedFailures(program, report.address());
        Op op = program.op(Syscall.UMASK, 1);
        program.op(Syscall.EXIT_GROUP, 0);
        failures.connect(op, STEP, new Call(UMASK, List.of(), outcome, null, null), inChild);

        kernel.walk(op.address());

        RecordingKernel.Made last = kernel.made().get(1);
        return last.name() + " " + last.arguments().get(0);
    }

    @ParameterizedTest
    @CsvSource({
        "MUST_SUCCEED, true, false, false",
        "MUST_BE_POSITIVE, true, true, false",
        "MUST_BE_ZERO, true, false, true",
        "MAY_FAIL, false, false, false",
        "ELSE_SKIP_STEP, false, false, false"
    })
    void whatFailsGoesOnWithTheReportAndAChildEnds(
            Call.Outcome outcome, boolean negative, boolean zero, boolean positive) {
        boolean[] fails = {negative, zero, positive};
        for (int result = -1; result <= 1; result++) {
            boolean failed = fails[result + 1];

            assertThat(end(outcome, false, result)).isEqualTo(failed ? "write 9" : "exit_group 0");
            assertThat(end(outcome, true, result)).isEqualTo(failed ? "exit_group 127" : "exit_group 0");
        }
    }

    @Test
    void aFailureGoesThereWhateverItsResult() {
        for (long result : new long[] {-1, 0, 1}) {
            RecordingKernel kernel = new RecordingKernel((call, arguments) -> result);
            Program program = kernel.arena().program();
            Op report = program.op(Syscall.WRITE, 9).next(0);
            ReportedFailures failures = new ReportedFailures(program, report.address());
            Op op = program.op(Syscall.UMASK, 1);
            failures.connect(op, STEP, new Fail(Fail.Reason.LATE, null), false);

            kernel.walk(op.address());

            assertThat(kernel.made()).extracting(RecordingKernel.Made::name).containsExactly("umask", "write");
        }
    }

    @Test
    void nobodyIsThereToSayAFailure() {
        Call said = new Call(UMASK, List.of(Arg.number(1)), Call.Outcome.SAY_FAILURE, null, null);

        assertThatThrownBy(() -> WalkedProcess.reported(List.of(WalkedProcess.step("one", 1, said))))
                .hasMessage("umask(1): nothing can report it");
    }
}
