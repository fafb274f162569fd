package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.List;

/** A thread that copies the output of a command's terminal to one of the caller's descriptors. */
final class TerminalOutput {
    private static final Loop.Label SHOWN_ALL_LOOP = new Loop.Label("shown-all");
    private static final Loop.Label SHOWN_REST_LOOP = new Loop.Label("shown-rest");
    private static final Loop.Label SHOWN_LAST_LOOP = new Loop.Label("shown-last");
    private static final Loop.Label SHOWN_LOOP = new Loop.Label("shown");
    private static final int EAGAIN = -11;
    private static final int PIECE = 16 * 1024;
    /** How many reads are done after the command has ended: enough for all that a terminal holds. */
    private static final int MOST_LAST = 16;

    private static final int POLLFD = 8;
    private static final Arg.Cell FDS = new Arg.Cell("shown-fds", 2 * POLLFD);
    private static final Arg.Cell COUNT = new Arg.Cell("shown-count", 8);
    private static final Arg.Cell AT = new Arg.Cell("shown-at", 8);
    private static final Arg.Cell LEFT = new Arg.Cell("shown-left", 8);
    private static final Arg.Cell WRITTEN = new Arg.Cell("shown-written", 8);
    private static final Arg.Cell MINUS = new Arg.Cell("shown-minus", 8);
    private static final Arg.Cell GONE = new Arg.Cell("shown-gone", 8);
    private static final Arg.Cell LAST = new Arg.Cell("shown-last", 8);
    private static final Statement EXIT = Call.may(Syscall.EXIT, number(0));

    private final int standard;
    private final Arg until;
    private final Worker worker = new Worker("shown");

    /**
     * @param standard where it goes
     * @param until the number of a descriptor that becomes readable when the command has ended
     */
    TerminalOutput(int standard, Arg until) {
        this.standard = standard;
        this.until = until;
    }

    Worker worker() {
        return worker;
    }

    List<Statement> fork() {
        Arg fds = struct(
                new Arg.Field("fd", Integer.BYTES, fd(Descriptors.MASTER)),
                new Arg.Field("events", Integer.BYTES, flags(POLLIN)),
                new Arg.Field("fd", Integer.BYTES, until),
                new Arg.Field("events", Integer.BYTES, flags(POLLIN)));
        List<Statement> last = new ArrayList<>(List.of(
                Branch.when(Memory.compare(LAST, MOST_LAST, Integer.BYTES), Sign.ZERO, Jump.leave(SHOWN_LAST_LOOP)),
                Memory.add(LAST, 1),
                Branch.when(read(), Sign.NOT_POSITIVE, Jump.leave(SHOWN_LAST_LOOP)),
                write(SHOWN_REST_LOOP),
                Jump.again(SHOWN_LAST_LOOP)));
        // Until the caller's terminal is raw, it would convert line ends a second time.
        List<Statement> body = new ArrayList<>(worker.awaitGo());
        body.addAll(List.of(
                Memory.copy(FDS, fds, 2 * POLLFD),
                Loop.of(
                        SHOWN_LOOP,
                        Branch.when(
                                Call.may(PPOLL, FDS, number(2), Arg.nothing(), Arg.nothing(), number(8)),
                                Sign.NEGATIVE,
                                Jump.again(SHOWN_LOOP)),
                        Branch.when(
                                Memory.compare(new Arg.Part(FDS, POLLFD + 6), 0, Short.BYTES),
                                Sign.POSITIVE,
                                Jump.leave(SHOWN_LOOP)),
                        Branch.when(read(), Sign.NOT_POSITIVE, Jump.again(SHOWN_LOOP)),
                        write(SHOWN_ALL_LOOP),
                        Jump.again(SHOWN_LOOP)),
                new Loop(SHOWN_LAST_LOOP, last),
                EXIT));
        return worker.fork(body);
    }

    private static Call read() {
        return Call.may(READ, fd(Descriptors.MASTER), Scratch.stream(1), number(PIECE))
                .into(COUNT);
    }

    /** Writes everything. If the reader is gone, the command continues and its output is lost. */
    private Statement write(Loop.Label loop) {
        Arg room = struct(
                new Arg.Field("fd", Integer.BYTES, number(standard)),
                new Arg.Field("events", Integer.BYTES, flags(POLLOUT)));
        List<Statement> all = new ArrayList<>(List.of(
                Branch.when(Memory.compare(GONE, 1, Integer.BYTES), Sign.ZERO, Jump.leave(loop)),
                Branch.when(
                        Call.may(WRITE, number(standard), new Arg.ValueOf(AT), new Arg.ValueOf(LEFT))
                                .into(WRITTEN),
                        Sign.NEGATIVE,
                        Branch.when(
                                Memory.compare(WRITTEN, EAGAIN, Integer.BYTES),
                                Sign.POSITIVE,
                                Memory.set(GONE, number(1)),
                                Jump.leave(loop)),
                        Call.may(PPOLL, room, number(1), Arg.nothing(), Arg.nothing(), number(8)),
                        Jump.again(loop)),
                Memory.add(AT, new Arg.ValueOf(WRITTEN))));
        all.addAll(Negation.of(WRITTEN, MINUS));
        all.add(Branch.when(Memory.add(LEFT, new Arg.ValueOf(MINUS)), Sign.POSITIVE, Jump.again(loop)));
        all.add(Jump.leave(loop));
        return Loop.of(
                loop.part("begin"),
                Memory.set(AT, Scratch.stream(1)),
                Memory.copy(LEFT, COUNT, Long.BYTES),
                new Loop(loop, List.copyOf(all)),
                Jump.leave(loop.part("begin")));
    }
}
