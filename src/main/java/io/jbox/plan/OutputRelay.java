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
import io.jbox.program.Descriptor;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.List;

/**
 * A thread of a compiled program that copies a box's output until it ends or its reader is gone.
 *
 * <p>After a partial write the rest is written byte by byte: a program can add and compare, but not subtract.
 */
final class OutputRelay {
    private static final Arg SIGNAL_SET = number(8);
    private static final int EAGAIN = -11;
    private static final int EPIPE = -32;
    /** More than a pipe of a box can hold (/proc/sys/fs/pipe-max-size, which only privilege on the host can exceed). */
    private static final long LARGEST = 1 << 20;

    /** Memory for what is left in a pipe. */
    private static final long OWN_PLACES = 0x2200_0000L;

    private static final Statement EXIT = Call.may(Syscall.EXIT, number(0));

    private final int standard;
    private final Arg until;
    private final Worker worker;
    private final Descriptor from;
    private final Arg buffer;
    private final Arg.Cell count;
    private final Arg.Cell written;
    private final Arg.Cell at;
    private final Arg.Cell end;
    private final Arg.Cell waiting;
    private final Arg.Cell error;
    private final Arg.Cell fds;

    /** @param until the number of a descriptor that becomes readable when only what is in the pipe remains */
    OutputRelay(int standard, Arg until) {
        this.standard = standard;
        this.until = until;
        this.worker = new Worker(name("relay"));
        this.from = Descriptors.pipeOutside(standard);
        this.buffer = Scratch.stream(standard);
        this.count = new Arg.Cell(name("count"), 8);
        this.written = new Arg.Cell(name("written"), 8);
        this.at = new Arg.Cell(name("at"), 8);
        this.end = new Arg.Cell(name("end"), 8);
        this.waiting = new Arg.Cell(name("waiting"), 8);
        this.error = new Arg.Cell(name("error"), 8);
        this.fds = new Arg.Cell(name("pollfds"), 16);
    }

    private Loop.Label loop(String what) {
        return new Loop.Label(name(what));
    }

    private String name(String what) {
        return what + "-" + standard;
    }

    Worker worker() {
        return worker;
    }

    /** Holds the negative error number of a failed write; 0 for none. */
    Arg.Cell error() {
        return error;
    }

    /** The descriptor that it reports on. */
    int standard() {
        return standard;
    }

    List<Statement> fork() {
        List<Statement> body = new ArrayList<>();
        Arg pollfds = struct(
                new Arg.Field("fd", 4, fd(from)),
                new Arg.Field("events", 4, flags(POLLIN)),
                new Arg.Field("fd", 4, until),
                new Arg.Field("events", 4, flags(POLLIN)));
        body.add(Memory.copy(fds, pollfds, 16));
        // The box may take the bytes itself between the poll and the read.
        body.add(Call.may(FCNTL, fd(from), flags(F_SETFL), flags(O_NONBLOCK)));
        body.add(Loop.of(
                loop("copy"),
                Branch.when(
                        Call.may(PPOLL, fds, number(2), Arg.nothing(), Arg.nothing(), SIGNAL_SET),
                        Sign.NEGATIVE,
                        Jump.again(loop("copy"))),
                Branch.when(
                        Memory.compare(new Arg.Part(fds, 14), 0, Short.BYTES), Sign.POSITIVE, Jump.leave(loop("copy"))),
                Branch.when(
                        Call.may(READ, fd(from), buffer, number(Scratch.PLACE)).into(count),
                        Sign.NOT_POSITIVE,
                        Branch.when(Memory.compare(count, EAGAIN, Integer.BYTES), Sign.ZERO, Jump.again(loop("copy"))),
                        EXIT),
                write(),
                Jump.again(loop("copy"))));
        rest(body);
        return worker.fork(body);
    }

    /** Copies what is in the pipe now; what a background process writes later is discarded. */
    private void rest(List<Statement> body) {
        Arg big = new Arg.Address(OWN_PLACES + standard * LARGEST);
        body.add(Branch.when(Call.may(IOCTL, fd(from), flags(FIONREAD), waiting), Sign.NEGATIVE, EXIT));
        body.add(Branch.when(Memory.compare(waiting, 0, Integer.BYTES), Sign.ZERO, EXIT));
        body.add(Branch.when(
                Call.may(
                        MMAP,
                        big,
                        number(LARGEST),
                        flags(PROT_READ, PROT_WRITE),
                        flags(MAP_PRIVATE, MAP_ANONYMOUS, MAP_FIXED_NOREPLACE),
                        number(-1),
                        number(0)),
                Sign.NEGATIVE,
                EXIT));
        Arg.Cell over = new Arg.Cell(name("over"), 8);
        body.add(Memory.copy(over, waiting, Integer.BYTES));
        body.add(Branch.when(Memory.add(over, -LARGEST), Sign.POSITIVE, Memory.set(waiting, number(LARGEST))));
        body.add(Branch.when(
                Call.may(READ, fd(from), big, new Arg.ValueOf(waiting)).into(count), Sign.NOT_POSITIVE, EXIT));
        body.addAll(writeAll(big));
        body.add(EXIT);
    }

    private Statement write() {
        return Loop.of(loop("whole"), leaving(writeAll(buffer)));
    }

    private Statement[] leaving(List<Statement> body) {
        List<Statement> all = new ArrayList<>(body);
        all.add(Jump.leave(loop("whole")));
        return all.toArray(new Statement[0]);
    }

    private List<Statement> writeAll(Arg from) {
        Arg room = struct(new Arg.Field("fd", 4, number(standard)), new Arg.Field("events", 4, flags(POLLOUT)));
        Statement await = Call.may(PPOLL, room, number(1), Arg.nothing(), Arg.nothing(), SIGNAL_SET);
        Statement failed = Branch.when(
                Memory.compare(written, EAGAIN, Integer.BYTES),
                Sign.POSITIVE,
                Memory.copy(error, written, Integer.BYTES),
                Call.may(CLOSE, fd(this.from)),
                EXIT);
        Loop bytes = Loop.of(
                loop("rest"),
                Branch.when(Memory.same(at, end, Long.BYTES), Sign.ZERO, Jump.leave(loop("rest"))),
                Branch.when(
                        Call.may(WRITE, number(standard), new Arg.ValueOf(at), number(1))
                                .into(written),
                        Sign.NEGATIVE,
                        failed,
                        await,
                        Jump.again(loop("rest"))),
                Memory.add(at, 1),
                Jump.again(loop("rest")));
        return List.of(
                Memory.set(at, from),
                Memory.set(end, from),
                Memory.add(end, new Arg.ValueOf(count)),
                Branch.when(
                        Call.may(WRITE, number(standard), from, new Arg.ValueOf(count))
                                .into(written),
                        Sign.NEGATIVE,
                        failed,
                        Memory.set(written, number(0))),
                Memory.add(at, new Arg.ValueOf(written)),
                bytes);
    }

    /** Runs some statements if a write has failed, unless because its reader is gone. */
    Statement ifFailed(Statement... then) {
        return Branch.when(
                Memory.compare(error, 0, Integer.BYTES),
                Sign.POSITIVE,
                new Branch(Memory.compare(error, EPIPE, Integer.BYTES), Sign.POSITIVE, List.of(then)));
    }
}
