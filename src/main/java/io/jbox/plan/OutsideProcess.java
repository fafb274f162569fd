package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Syscall.*;

import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/** A child of {@code unshare} that keeps its namespaces and works when told to; it dies on end of file of the pipe. */
record OutsideProcess(String task, Descriptor told, Descriptor tell, Arg.Cell pid) {
    /** The wait status of such a process. */
    static final Arg.Cell ENDED = new Arg.Cell("helper-status", 8);

    private static final Arg.Cell BYTE = new Arg.Cell("byte", 8);

    OutsideProcess(String name, String task) {
        this(task, new Descriptor(name + "-read"), new Descriptor(name + "-write"), new Arg.Cell(name, Long.BYTES));
    }

    Step pipe() {
        return Step.by(Actor.JBOX, "make the pipe to the process that " + task, Place.DEFAULT)
                .call(PIPE2, new Arg.Pair(told, tell), number(0))
                .build();
    }

    /**
     * Makes it, while this process is still outside.
     *
     * @param work what it does when told to
     * @param pipes the ends of the pipes of all such processes
     */
    Step make(List<Step> work, List<Descriptor> pipes) {
        List<Statement> body = new ArrayList<>();
        // Closes all ends of all pipes: an end held by another such process would keep both waiting.
        for (Descriptor end : pipes) {
            if (!end.equals(told)) {
                body.add(Call.may(CLOSE, fd(end)));
            }
        }
        body.add(Branch.when(
                Call.may(READ, fd(told), BYTE, number(1)), Sign.NOT_POSITIVE, ToolSteps.exit(ToolSteps.FAILED)));
        body.addAll(work);
        body.add(ToolSteps.exit(0));
        return WaitSteps.fork("make the process that " + task, pid, body)
                .tolerate(CLOSE, fd(told))
                .build();
    }

    /** Lets it work, and waits for it. */
    Step release() {
        return ToolSteps.step("wait for the process that " + task)
                .tolerate(WRITE, fd(tell), text("1"), number(1))
                .tolerate(CLOSE, fd(tell))
                .add(
                        Branch.when(WaitSteps.waitFor(pid, ENDED), Sign.NEGATIVE, ToolSteps.exit(ToolSteps.FAILED)),
                        Branch.when(
                                Memory.compare(ENDED, 0, Integer.BYTES),
                                Sign.POSITIVE,
                                ToolSteps.exit(ToolSteps.FAILED)))
                .build();
    }
}
