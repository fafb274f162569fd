package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
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
import io.jbox.program.ProcArg;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.uapi.Flag;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A thread of a compiled program that copies standard input into a pipe of the box, and consumes only what the command
 * has read: bytes of a pipe are duplicated (tee(2)) and removed when the command has read them; a file's offset is set
 * back over what it has not read.
 *
 * <p>At most one page is written at once, which the kernel writes whole or not at all (pipe(7)): a program can add and
 * compare, but not subtract.
 */
final class InputSteps {
    private static final Loop.Label INPUT_END_LOOP = new Loop.Label("input-end");
    private static final Loop.Label INPUT_BACK_LOOP = new Loop.Label("input-back");
    private static final Loop.Label INPUT_TURN_LOOP = new Loop.Label("input-turn");
    private static final Loop.Label INPUT_EMPTY_LOOP = new Loop.Label("input-empty");
    private static final Loop.Label INPUT_LEFT_LOOP = new Loop.Label("input-left");
    private static final Loop.Label INPUT_TAKE_LOOP = new Loop.Label("input-take");
    private static final int PAGE = 4096;
    private static final int EAGAIN = -11;
    private static final Arg SIGNAL_SET = number(8);
    private static final Descriptor PIPE = Descriptors.pipeOutside(0);
    private static final Descriptor TURN = new Descriptor("turn");
    private static final Descriptor READER = new Descriptor("reader");
    /** Polls standard input, the pipe, and the descriptor that tells that the command has ended. */
    private static final Arg.Cell ALL = new Arg.Cell("input-fds", 24);
    /** Polls the pipe for room, and the same descriptor. */
    private static final Arg.Cell ROOM = new Arg.Cell("input-room", 16);
    /** Polls the pipe for the end of its readers, and the same descriptor. */
    private static final Arg.Cell OVER = new Arg.Cell("input-over", 16);

    private static final Arg.Cell STATUS = new Arg.Cell("input-statx", 256);
    private static final Arg.Cell TYPE = new Arg.Cell("input-type", 8);
    private static final Arg.Cell COUNT = new Arg.Cell("input-count", 8);
    private static final Arg.Cell RESULT = new Arg.Cell("input-result", 8);
    private static final Arg.Cell READ = new Arg.Cell("input-read", 8);
    private static final Arg.Cell HELD = new Arg.Cell("input-held", 8);
    private static final Arg.Cell LEFT = new Arg.Cell("input-left", 8);
    private static final Arg.Cell STEP = new Arg.Cell("input-step", 8);
    private static final Arg BUFFER = Scratch.stream(0);
    /** Nanoseconds between two checks of a condition that cannot be polled. */
    private static final long OFTEN = 200_000;

    private static final long SELDOM = 10_000_000;
    private static final Statement CLOSE = Call.may(Syscall.CLOSE, fd(PIPE));
    private static final Statement EXIT = Call.may(Syscall.EXIT, number(0));

    private final Arg until;
    private final Worker worker = new Worker("input");

    /** @param until the number of a descriptor that becomes readable when the command has ended */
    InputSteps(Arg until) {
        this.until = until;
    }

    Worker worker() {
        return worker;
    }

    List<Statement> fork() {
        List<Statement> body = new ArrayList<>();
        // Input from a terminal or a socket could not be given back if the command is never executed.
        body.addAll(worker.awaitGo());
        body.add(Call.may(FCNTL, fd(PIPE), flags(F_SETFL), flags(O_NONBLOCK)));
        body.add(Memory.copy(
                ALL,
                struct(field(number(0)), events(POLLIN), field(fd(PIPE)), events(null), field(until), events(POLLIN)),
                ALL.bytes()));
        body.add(Memory.copy(
                ROOM, struct(field(fd(PIPE)), events(POLLOUT), field(until), events(POLLIN)), ROOM.bytes()));
        body.add(Memory.copy(OVER, struct(field(fd(PIPE)), events(null), field(until), events(POLLIN)), OVER.bytes()));
        body.add(Call.may(STATX, number(0), text(""), flags(AT_EMPTY_PATH), flags(STATX_BASIC_STATS), STATUS));
        body.addAll(Lookup.fileType(STATUS, TYPE));
        body.add(new Branch(Memory.compare(TYPE, Lookup.FIFO, 1), Sign.ZERO, pipe()));
        body.add(new Branch(Memory.compare(TYPE, Lookup.FILE, 1), Sign.ZERO, file()));
        body.addAll(other());
        return worker.fork(body);
    }

    private static Arg.Field field(Arg descriptor) {
        return new Arg.Field("fd", Integer.BYTES, descriptor);
    }

    private static Arg.Field events(@Nullable Flag event) {
        return new Arg.Field("events", Integer.BYTES, event == null ? number(0) : flags(event));
    }

    private static Call poll(Arg.Cell fds, Arg timeout) {
        return Call.may(PPOLL, fds, number(fds.bytes() / 8), timeout, Arg.nothing(), SIGNAL_SET);
    }

    private static Memory happened(Arg.Cell fds, int index) {
        return Memory.compare(new Arg.Part(fds, index * 8 + 6), 0, Short.BYTES);
    }

    /** Leaves a loop if the command has ended or no longer reads. */
    private static List<Statement> leaveIfOver(Arg timeout, Loop.Label loop) {
        return List.of(
                poll(OVER, timeout),
                Branch.when(happened(OVER, 0), Sign.POSITIVE, Jump.leave(loop)),
                Branch.when(happened(OVER, 1), Sign.POSITIVE, Jump.leave(loop)));
    }

    /** Waits for input; leaves the loop if the command has ended or no longer reads. */
    private static List<Statement> await(Loop.Label loop) {
        return List.of(
                Branch.when(poll(ALL, Arg.nothing()), Sign.NEGATIVE, Jump.again(loop)),
                Branch.when(happened(ALL, 1), Sign.POSITIVE, Jump.leave(loop)),
                Branch.when(happened(ALL, 2), Sign.POSITIVE, Jump.leave(loop)),
                Branch.when(happened(ALL, 0), Sign.ZERO, Jump.again(loop)));
    }

    /** Writes what has been read; leaves the outer loop if that fails. */
    private static Statement put(Loop.Label loop) {
        Loop.Label put = loop.part("put");
        return Loop.of(
                put,
                Branch.when(
                        Call.may(WRITE, fd(PIPE), BUFFER, new Arg.ValueOf(COUNT))
                                .into(RESULT),
                        Sign.NOT_NEGATIVE,
                        Memory.set(HELD, number(0)),
                        Jump.leave(put)),
                Branch.when(Memory.compare(RESULT, EAGAIN, Integer.BYTES), Sign.POSITIVE, Jump.leave(loop)),
                Branch.when(poll(ROOM, Arg.nothing()), Sign.NEGATIVE, Jump.again(put)),
                Branch.when(happened(ROOM, 1), Sign.POSITIVE, Jump.leave(loop)),
                Jump.again(put));
    }

    /** Copies from a terminal, a socket or a device, where input cannot be put back. */
    private static List<Statement> other() {
        Loop.Label loop = new Loop.Label("input-other");
        List<Statement> body = new ArrayList<>(await(loop));
        body.add(Branch.when(
                Call.may(Syscall.READ, number(0), BUFFER, number(PAGE)).into(COUNT),
                Sign.NOT_POSITIVE,
                Branch.when(Memory.compare(COUNT, EAGAIN, Integer.BYTES), Sign.ZERO, Jump.again(loop)),
                Jump.leave(loop)));
        body.add(put(loop));
        body.add(Jump.again(loop));
        return List.of(new Loop(loop, List.copyOf(body)), CLOSE, EXIT);
    }

    private List<Statement> file() {
        Loop.Label loop = new Loop.Label("input-file");
        List<Statement> body = new ArrayList<>();
        body.add(Branch.when(
                Call.may(Syscall.READ, number(0), BUFFER, number(PAGE)).into(COUNT),
                Sign.NOT_POSITIVE,
                Jump.leave(loop)));
        body.add(Memory.add(READ, new Arg.ValueOf(COUNT)));
        body.add(Memory.copy(HELD, COUNT, Long.BYTES));
        body.add(put(loop));
        body.addAll(leaveIfOver(Times.AT_ONCE, loop));
        body.add(Jump.again(loop));
        Arg end = struct(field(until), events(POLLIN));
        return List.of(
                new Loop(loop, List.copyOf(body)),
                // The command sees the end of file once the pipe has no writers; a reader can still count what it
                // leaves in the pipe.
                Call.may(
                                OPENAT,
                                cwd(),
                                new ProcArg.DescriptorPaths(List.of(PIPE), ""),
                                flags(O_RDONLY, O_NONBLOCK, O_CLOEXEC))
                        .opens(READER),
                CLOSE,
                Loop.of(
                        INPUT_END_LOOP,
                        Branch.when(
                                Call.may(PPOLL, end, number(1), Arg.nothing(), Arg.nothing(), SIGNAL_SET),
                                Sign.NEGATIVE,
                                Jump.again(INPUT_END_LOOP)),
                        Jump.leave(INPUT_END_LOOP)),
                Call.may(IOCTL, fd(READER), flags(FIONREAD), LEFT),
                Memory.add(LEFT, new Arg.ValueOf(HELD)),
                // Never set back further than was read, since the box may have written to the pipe itself.
                Loop.of(
                        INPUT_BACK_LOOP,
                        Branch.when(Memory.same(STEP, LEFT, Long.BYTES), Sign.ZERO, Jump.leave(INPUT_BACK_LOOP)),
                        Branch.when(Memory.same(STEP, READ, Long.BYTES), Sign.ZERO, Jump.leave(INPUT_BACK_LOOP)),
                        Call.may(LSEEK, number(0), number(-1), flags(SEEK_CUR)),
                        Memory.add(STEP, 1),
                        Jump.again(INPUT_BACK_LOOP)),
                EXIT);
    }

    private List<Statement> pipe() {
        List<Statement> all = new ArrayList<>();
        // Another command that duplicates bytes of the same pipe must have ended: otherwise both would get them.
        all.add(Call.may(OPENAT, cwd(), text("/proc/self/fd/0"), flags(O_RDONLY, O_NONBLOCK, O_CLOEXEC))
                .opens(TURN));
        List<Statement> turn = new ArrayList<>();
        turn.add(Call.may(FLOCK, fd(TURN), flags(LOCK_EX, LOCK_NB)).into(RESULT));
        turn.add(
                Branch.when(Memory.compare(RESULT, EAGAIN, Integer.BYTES), Sign.POSITIVE, Jump.leave(INPUT_TURN_LOOP)));
        turn.addAll(leaveIfOver(Times.nanos(SELDOM), INPUT_TURN_LOOP));
        turn.add(Jump.again(INPUT_TURN_LOOP));
        all.add(new Loop(INPUT_TURN_LOOP, List.copyOf(turn)));
        all.add(Call.may(FCNTL, fd(PIPE), flags(F_SETPIPE_SZ), number(PAGE)));
        Loop.Label loop = new Loop.Label("input-pipe");
        List<Statement> body = new ArrayList<>(await(loop));
        List<Statement> notYet = new ArrayList<>();
        notYet.add(Memory.copy(RESULT, COUNT, Integer.BYTES));
        notYet.add(Memory.set(COUNT, number(0)));
        notYet.add(Branch.when(Memory.compare(RESULT, EAGAIN, Integer.BYTES), Sign.POSITIVE, Jump.leave(loop)));
        notYet.addAll(leaveIfOver(Times.nanos(SELDOM), loop));
        notYet.add(Jump.again(loop));
        body.add(new Branch(
                Call.may(TEE, number(0), fd(PIPE), number(Scratch.PLACE), flags(SPLICE_F_NONBLOCK))
                        .into(COUNT),
                Sign.NEGATIVE,
                List.copyOf(notYet)));
        body.add(Branch.when(Memory.compare(COUNT, 0, Integer.BYTES), Sign.ZERO, Jump.leave(loop)));
        body.add(untilEmpty(loop));
        body.add(Call.may(Syscall.READ, number(0), BUFFER, new Arg.ValueOf(COUNT)));
        body.add(Memory.set(COUNT, number(0)));
        body.addAll(leaveIfOver(Times.AT_ONCE, loop));
        body.add(Jump.again(loop));
        all.add(new Loop(loop, List.copyOf(body)));
        all.addAll(takeWhatWasRead());
        all.add(CLOSE);
        all.add(EXIT);
        return List.copyOf(all);
    }

    /** Waits until the command has read everything. A pipe of one page has room only when it is empty. */
    private static Statement untilEmpty(Loop.Label loop) {
        List<Statement> body = new ArrayList<>();
        body.add(Branch.when(
                Call.may(IOCTL, fd(PIPE), flags(FIONREAD), LEFT), Sign.NEGATIVE, Jump.leave(INPUT_EMPTY_LOOP)));
        body.add(Branch.when(Memory.compare(LEFT, 0, Integer.BYTES), Sign.ZERO, Jump.leave(INPUT_EMPTY_LOOP)));
        body.add(Branch.when(poll(ROOM, Arg.nothing()), Sign.NEGATIVE, Jump.again(INPUT_EMPTY_LOOP)));
        body.add(Branch.when(happened(ROOM, 1), Sign.POSITIVE, Jump.leave(loop)));
        body.add(Branch.when(
                Call.may(IOCTL, fd(PIPE), flags(FIONREAD), LEFT), Sign.NEGATIVE, Jump.leave(INPUT_EMPTY_LOOP)));
        body.add(Branch.when(Memory.compare(LEFT, 0, Integer.BYTES), Sign.ZERO, Jump.leave(INPUT_EMPTY_LOOP)));
        // The box may have enlarged the pipe.
        body.addAll(leaveIfOver(Times.nanos(OFTEN), loop));
        body.add(Jump.again(INPUT_EMPTY_LOOP));
        return new Loop(INPUT_EMPTY_LOOP, List.copyOf(body));
    }

    /**
     * Removes from standard input the duplicated bytes that are no longer in the box's pipe; the box may have filled
     * that itself.
     */
    private static List<Statement> takeWhatWasRead() {
        Arg input = struct(field(number(0)), events(POLLIN));
        return List.of(
                Memory.set(LEFT, number(0)),
                Call.may(IOCTL, fd(PIPE), flags(FIONREAD), LEFT),
                Loop.of(
                        INPUT_LEFT_LOOP,
                        Branch.when(Memory.same(STEP, LEFT, Long.BYTES), Sign.ZERO, Jump.leave(INPUT_LEFT_LOOP)),
                        Branch.when(Memory.same(STEP, COUNT, Long.BYTES), Sign.ZERO, Jump.leave(INPUT_LEFT_LOOP)),
                        Memory.add(STEP, 1),
                        Jump.again(INPUT_LEFT_LOOP)),
                Loop.of(
                        INPUT_TAKE_LOOP,
                        Branch.when(Memory.same(STEP, COUNT, Long.BYTES), Sign.ZERO, Jump.leave(INPUT_TAKE_LOOP)),
                        Branch.when(
                                Call.may(PPOLL, input, number(1), Times.AT_ONCE, Arg.nothing(), SIGNAL_SET),
                                Sign.NOT_POSITIVE,
                                Jump.leave(INPUT_TAKE_LOOP)),
                        Branch.when(
                                Call.may(Syscall.READ, number(0), BUFFER, number(1)),
                                Sign.NOT_POSITIVE,
                                Jump.leave(INPUT_TAKE_LOOP)),
                        Memory.add(STEP, 1),
                        Jump.again(INPUT_TAKE_LOOP)));
    }
}
