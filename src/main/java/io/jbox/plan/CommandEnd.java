package io.jbox.plan;

import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Fail;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Step;
import java.util.List;

/** The end of a compiled program: it ends as its command ended, unless the command's output could not be passed on. */
final class CommandEnd {
    /** The jbox command that reports output that could not be written. */
    private static final String REPORT = "report-output";

    private static final int SIGNALLED = 128;

    private final List<OutputRelay> outputs;
    private final Arg.Cell status;

    /** @param status the command's raw wait status */
    CommandEnd(List<OutputRelay> outputs, Arg.Cell status) {
        this.outputs = List.copyOf(outputs);
        this.status = status;
    }

    /** Lets jbox report output that could not be written. */
    Step by(String launcher) {
        Step.Draft step = Step.by(Actor.JBOX, "end as the command did", Place.DEFAULT);
        for (OutputRelay output : outputs) {
            Arg.Cell number = new Arg.Cell("errno", 24);
            Arg words = struct(
                    Arg.Field.of("path", new Arg.Pointer(new Arg.Text(launcher))),
                    Arg.Field.of("command", new Arg.Pointer(new Arg.Text(REPORT))),
                    Arg.Field.of("descriptor", new Arg.Pointer(new Arg.Text(String.valueOf(output.standard())))),
                    Arg.Field.of("errno", number),
                    Arg.Field.zero(Long.BYTES));
            step.add(output.ifFailed(
                    Memory.digits(number, new Arg.ValueOf(output.error())),
                    Call.may(RT_SIGPROCMASK, flags(SIG_SETMASK), CompiledSteps.MASK, Arg.nothing(), number(8)),
                    Call.may(EXECVE, text(launcher), words, new Arg.ValueOf(Words.ENVP))));
        }
        return end(step);
    }

    /** Reports it itself. */
    void orSay(List<Step> steps) {
        for (OutputRelay output : outputs) {
            Arg.Cell errno = new Arg.Cell("write-errno-" + output.standard(), 8);
            steps.add(Step.by(Actor.JBOX, "descriptor " + output.standard() + ": write", Place.DEFAULT)
                    .add(output.ifFailed(
                            // Sign-extend to 64 bits.
                            Memory.set(errno, number(-1)),
                            Memory.copy(errno, output.error(), Integer.BYTES),
                            new Fail(Fail.Reason.NOT_EXECUTED, errno)))
                    .build());
        }
        steps.add(end(Step.by(Actor.JBOX, "end as the command did", Place.DEFAULT)));
    }

    private Step end(Step.Draft step) {
        Arg.Cell code = new Arg.Cell("exit-code", 8);
        step.add(Memory.copy(code, status, 1));
        // A wait status is an exit code in the second byte, or a signal number with a core dump bit.
        step.add(Branch.when(
                Memory.compare(code, 0, 1),
                Sign.ZERO,
                Memory.copy(code, new Arg.Part(status, 1), 1),
                Call.may(EXIT_GROUP, new Arg.ValueOf(code))));
        Lookup.replace(code, signalled()).forEach(step::add);
        step.add(Call.may(EXIT_GROUP, new Arg.ValueOf(code)));
        return step.build();
    }

    private static byte[] signalled() {
        byte[] codes = new byte[256];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = (byte) (SIGNALLED + (i & 0x7f));
        }
        return codes;
    }
}
