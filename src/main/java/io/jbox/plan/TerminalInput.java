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
import io.jbox.uapi.Flag;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.List;

/**
 * A thread that copies typed keys to a command's terminal. Keys that the command does not read yet are buffered, so
 * that Ctrl-C is always noticed: it also ends a command that a process in the box has stopped.
 */
final class TerminalInput {
    private static final Loop.Label TYPED_LOOP = new Loop.Label("typed");
    private static final Loop.Label TYPED_KEYS_LOOP = new Loop.Label("typed-keys");
    private static final long KEPT = 0x2300_0000L;
    /** The size of the buffer; when it is full, further keys are not read. */
    private static final long MOST_KEPT = 1 << 20;

    private static final int PIECE = 4096;
    private static final int EAGAIN = -11;
    private static final int CTRL_C = 3;
    private static final int POLLFD = 8;
    private static final Arg NOBODY = number(-1);

    private static final Arg.Cell FDS = new Arg.Cell("typed-fds", 3 * POLLFD);
    private static final Arg.Cell START = new Arg.Cell("typed-start", 8);
    private static final Arg.Cell END = new Arg.Cell("typed-end", 8);
    private static final Arg.Cell LEFT = new Arg.Cell("typed-left", 8);
    private static final Arg.Cell COUNT = new Arg.Cell("typed-count", 8);
    private static final Arg.Cell MINUS = new Arg.Cell("typed-minus", 8);
    private static final Arg.Cell AT = new Arg.Cell("typed-at", 8);
    private static final Arg.Cell SPACE = new Arg.Cell("typed-space", 8);
    private static final Arg.Cell CLOSED = new Arg.Cell("typed-closed", 8);
    private static final Statement EXIT = Call.may(Syscall.EXIT, number(0));

    private final Arg until;
    private final StoppedCommand stopped;
    private final Worker worker = new Worker("typed");

    /**
     * @param until the number of a descriptor that becomes readable when the command has ended
     * @param process the command's id
     */
    TerminalInput(Arg until, Arg process) {
        this.until = until;
        this.stopped = new StoppedCommand("typed-stopped", until, process);
    }

    Worker worker() {
        return worker;
    }

    List<Statement> fork() {
        List<Statement> all = new ArrayList<>(List.of(Call.must(
                MMAP,
                new Arg.Address(KEPT),
                number(MOST_KEPT + PIECE),
                flags(PROT_READ, PROT_WRITE),
                flags(MAP_PRIVATE, MAP_ANONYMOUS, MAP_FIXED_NOREPLACE),
                number(-1),
                number(0))));
        all.addAll(worker.fork(body()));
        return all;
    }

    private List<Statement> body() {
        List<Statement> round = new ArrayList<>(List.of(
                Memory.copy(FDS, struct(polled(number(0), POLLIN)), POLLFD),
                // Read no more than fits.
                Memory.copy(SPACE, END, Long.BYTES),
                Branch.when(Memory.add(SPACE, -(KEPT + MOST_KEPT)), Sign.NOT_NEGATIVE, closed(0)),
                Branch.when(Memory.compare(CLOSED, 1, Integer.BYTES), Sign.ZERO, closed(0)),
                Memory.copy(new Arg.Part(FDS, POLLFD), struct(polled(fd(Descriptors.MASTER), POLLOUT)), POLLFD),
                Branch.when(
                        Memory.same(START, END, Long.BYTES),
                        Sign.ZERO,
                        Memory.set(START, number(KEPT)),
                        Memory.set(END, number(KEPT)),
                        Memory.set(LEFT, number(0)),
                        Branch.when(Memory.compare(CLOSED, 1, Integer.BYTES), Sign.ZERO, EXIT),
                        closed(POLLFD)),
                Memory.copy(new Arg.Part(FDS, 2 * POLLFD), struct(polled(until, POLLIN)), POLLFD),
                Branch.when(
                        Call.may(PPOLL, FDS, number(3), Arg.nothing(), Arg.nothing(), number(8)),
                        Sign.NEGATIVE,
                        Jump.again(TYPED_LOOP)),
                Branch.when(happened(2), Sign.POSITIVE, EXIT),
                new Branch(happened(0), Sign.POSITIVE, read()),
                new Branch(happened(1), Sign.POSITIVE, write()),
                Jump.again(TYPED_LOOP)));
        List<Statement> body = new ArrayList<>(worker.awaitGo());
        body.addAll(List.of(
                Memory.set(START, number(KEPT)),
                Memory.set(END, number(KEPT)),
                new Loop(TYPED_LOOP, List.copyOf(round)),
                EXIT));
        return body;
    }

    private static Arg.Field[] polled(Arg descriptor, Flag event) {
        return new Arg.Field[] {
            new Arg.Field("fd", Integer.BYTES, descriptor), new Arg.Field("events", Integer.BYTES, flags(event))
        };
    }

    /** Excludes an entry: poll(2) ignores a negative descriptor. */
    private static Statement closed(int offset) {
        return Memory.copy(
                new Arg.Part(FDS, offset), struct(new Arg.Field("fd", Integer.BYTES, NOBODY)), Integer.BYTES);
    }

    private static Memory happened(int index) {
        return Memory.compare(new Arg.Part(FDS, index * POLLFD + 6), 0, Short.BYTES);
    }

    private List<Statement> read() {
        return List.of(
                Memory.set(COUNT, number(0)),
                Branch.when(
                        Call.may(READ, number(0), new Arg.ValueOf(END), number(PIECE))
                                .into(COUNT),
                        Sign.NOT_POSITIVE,
                        Branch.when(Memory.compare(COUNT, EAGAIN, Integer.BYTES), Sign.ZERO, Jump.again(TYPED_LOOP)),
                        Memory.set(CLOSED, number(1)),
                        Jump.again(TYPED_LOOP)),
                Memory.copy(AT, END, Long.BYTES),
                Memory.add(END, new Arg.ValueOf(COUNT)),
                Memory.add(LEFT, new Arg.ValueOf(COUNT)),
                Loop.of(
                        TYPED_KEYS_LOOP,
                        Branch.when(Memory.same(AT, END, Long.BYTES), Sign.ZERO, Jump.leave(TYPED_KEYS_LOOP)),
                        Branch.when(
                                Memory.same(new Arg.ValueOf(AT), struct(new Arg.Field("key", 1, number(CTRL_C))), 1),
                                Sign.ZERO,
                                stopped.goOn(
                                        Call.may(PIDFD_SEND_SIGNAL, until, flags(SIGINT), Arg.nothing(), number(0)))),
                        Memory.add(AT, 1),
                        Jump.again(TYPED_KEYS_LOOP)));
    }

    private static List<Statement> write() {
        List<Statement> all = new ArrayList<>(List.of(
                Memory.set(COUNT, number(0)),
                Branch.when(
                        Call.may(WRITE, fd(Descriptors.MASTER), new Arg.ValueOf(START), new Arg.ValueOf(LEFT))
                                .into(COUNT),
                        Sign.NOT_POSITIVE,
                        Jump.again(TYPED_LOOP)),
                Memory.add(START, new Arg.ValueOf(COUNT))));
        all.addAll(Negation.of(COUNT, MINUS));
        all.add(Memory.add(LEFT, new Arg.ValueOf(MINUS)));
        return all;
    }
}
