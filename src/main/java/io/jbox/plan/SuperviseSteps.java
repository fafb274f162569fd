package io.jbox.plan;

import static io.jbox.program.Arg.fd;
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
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Fork;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Sign;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.List;

/**
 * The program of PID 1 of {@code jbox run}: starts the command, forwards signals to it, reaps orphans and passes its
 * wait status on.
 *
 * <p>Both waits write the same word, so that it holds the command's status whichever gets it: after one wait got it,
 * the other finds no such child.
 */
final class SuperviseSteps {
    private static final Loop.Label SUPERVISE_LOOP = new Loop.Label("supervise");
    private static final Loop.Label TAKE_LOOP = new Loop.Label("take");
    private static final Loop.Label REAP_LOOP = new Loop.Label("reap");
    private static final Arg.Cell COMMAND = new Arg.Cell("command", 8);
    private static final Arg.Cell SIGNAL = new Arg.Cell("signal", 8);
    private static final Arg.Cell STATUS = new Arg.Cell("status", 8);
    private static final Arg SIGNAL_SET = number(8);
    private static final Arg ALL = new DataArg.Signals(List.of(SIGKILL, SIGSTOP), true);
    private static final Arg ALL_BUT_CHILD = new DataArg.Signals(List.of(SIGKILL, SIGCHLD, SIGSTOP), true);
    private static final Arg CHILD = new DataArg.Signals(List.of(SIGCHLD), false);

    private SuperviseSteps() {}

    static void add(List<Step> steps) {
        Descriptor signals = new Descriptor("signals");
        steps.add(Step.by(Actor.PID_1, "take signals", Place.DEFAULT)
                .tolerate(PRCTL, flags(PR_SET_DUMPABLE), number(0))
                .tolerate(PRCTL, flags(PR_SET_NAME), text("jbox-init"))
                .open(signals, SIGNALFD4, number(-1), ALL, SIGNAL_SET, flags(SFD_CLOEXEC, SFD_NONBLOCK))
                .hint(SIGNALFD4, Errno.EMFILE, "prlimit.nofile is too low")
                .build());
        // Not clone3, which a system call filter has to refuse. The memory is not shared.
        Call clone = Call.must(CLONE, flags(CLONE_PARENT_SETTID, SIGCHLD), number(0), COMMAND);
        steps.add(Step.by(Actor.PID_1, "make the command's process", Place.DEFAULT)
                .add(Fork.of(clone, Actor.COMMAND))
                .tolerate(CLOSE_RANGE, number(0), number(2), number(0))
                .tolerate(CLOSE, fd(Descriptors.EXEC))
                .hint(CLONE, Errno.EMFILE, "prlimit.nofile is too low")
                .hint(CLONE, Errno.EAGAIN, "prlimit.nproc or limits.pids is too low")
                .hint(CLONE, Errno.ENOMEM, "limits.memory is too low")
                .build());
        Arg pollfd = struct(new Arg.Field("fd", 4, fd(signals)), new Arg.Field("events", 4, flags(POLLIN)));
        Call take = Call.may(RT_SIGTIMEDWAIT, ALL_BUT_CHILD, Arg.nothing(), Times.AT_ONCE, SIGNAL_SET);
        Call any = Call.may(WAIT4, number(-1), STATUS, flags(WNOHANG), Arg.nothing());
        Call command = Call.may(WAIT4, new Arg.ValueOf(COMMAND), STATUS, flags(WNOHANG), Arg.nothing());
        steps.add(Step.by(Actor.PID_1, "wait for the command's end", Place.DEFAULT)
                .add(Loop.of(
                        SUPERVISE_LOOP,
                        Call.may(PPOLL, pollfd, number(1), Arg.nothing(), Arg.nothing(), SIGNAL_SET),
                        Loop.of(
                                TAKE_LOOP,
                                Branch.when(
                                        take.into(SIGNAL),
                                        Sign.POSITIVE,
                                        // Its pid cannot be reused before it has been waited for, and then everything
                                        // ends.
                                        Call.may(KILL, new Arg.ValueOf(COMMAND), new Arg.ValueOf(SIGNAL)),
                                        Jump.again(TAKE_LOOP)),
                                Call.may(RT_SIGTIMEDWAIT, CHILD, Arg.nothing(), Times.AT_ONCE, SIGNAL_SET),
                                Jump.leave(TAKE_LOOP)),
                        Loop.of(
                                REAP_LOOP,
                                Branch.when(
                                        any,
                                        Sign.NOT_ZERO,
                                        Branch.when(command, Sign.ZERO, Jump.again(REAP_LOOP)),
                                        Jump.leave(SUPERVISE_LOOP)),
                                Jump.again(SUPERVISE_LOOP))))
                .tolerate(WRITE, fd(Descriptors.STATUS), STATUS, number(Integer.BYTES))
                .tolerate(EXIT_GROUP, number(0))
                .build());
    }
}
