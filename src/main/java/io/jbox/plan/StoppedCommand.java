package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import java.util.ArrayList;
import java.util.List;

/** Checks whether a command that is to end is stopped, since a process in the box may keep it stopped. */
final class StoppedCommand {
    /** Whether it has been continued; shared by all threads that check. */
    private static final Arg.Cell CONTINUED = new Arg.Cell("continued", 8);

    private static final String STOPPED = "\nState:\tT";
    /** Enough bytes for the lines of the name, which the kernel escapes, and of the state. */
    private static final int STATE_BYTES = 256;

    private final Loop.Label label;
    private final Arg content;
    private final Arg pidfd;
    private final Arg process;
    private final ProcessPath path;
    private final Arg.Cell length;
    private final Arg.Cell at;
    private final Arg.Cell end;
    private final Descriptor state;

    /**
     * @param name unique among the threads that check
     * @param pidfd the number of a descriptor of the command
     * @param process its id
     */
    StoppedCommand(String name, Arg pidfd, Arg process) {
        this.label = new Loop.Label(name);
        this.content = new Arg.Cell(name + "-content", STATE_BYTES + STOPPED.length());
        this.pidfd = pidfd;
        this.process = process;
        this.path = new ProcessPath(name, "status");
        this.length = new Arg.Cell(name + "-length", 8);
        this.at = new Arg.Cell(name + "-at", 8);
        this.end = new Arg.Cell(name + "-end", 8);
        this.state = new Descriptor(name + "-status");
    }

    /**
     * If it is stopped, continues it the first time, and kills it the second time.
     *
     * @param before statements to run before that
     */
    Statement goOn(Statement... before) {
        Branch first = Branch.when(
                Memory.compare(CONTINUED, 0, Integer.BYTES),
                Sign.ZERO,
                Memory.set(CONTINUED, number(1)),
                send(flags(SIGCONT)),
                Jump.leave(label));
        List<Statement> all = new ArrayList<>(path.of(process));
        all.addAll(List.of(
                Branch.when(
                        Call.may(OPENAT, cwd(), path.text(), flags(O_RDONLY, O_CLOEXEC))
                                .opens(state),
                        Sign.NEGATIVE,
                        Jump.leave(label)),
                Memory.set(length, number(0)),
                Branch.when(
                        Call.may(READ, fd(state), content, number(STATE_BYTES)).into(length),
                        Sign.NEGATIVE,
                        Memory.set(length, number(0))),
                Call.may(CLOSE, fd(state)),
                Memory.set(at, content),
                Memory.set(end, content),
                Memory.add(end, new Arg.ValueOf(length)),
                Loop.of(
                        label.part("search"),
                        Branch.when(Memory.same(at, end, Long.BYTES), Sign.ZERO, Jump.leave(label)),
                        Branch.when(
                                Memory.same(new Arg.ValueOf(at), text(STOPPED), STOPPED.length()),
                                Sign.ZERO,
                                Jump.leave(label.part("search"))),
                        Memory.add(at, 1),
                        Jump.again(label.part("search")))));
        all.addAll(List.of(before));
        all.addAll(List.of(first, send(flags(SIGKILL)), Jump.leave(label)));
        return new Loop(label, List.copyOf(all));
    }

    private Call send(Arg signal) {
        return Call.may(PIDFD_SEND_SIGNAL, pidfd, signal, Arg.nothing(), number(0));
    }
}
