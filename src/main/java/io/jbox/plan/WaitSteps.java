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
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Fork;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.uapi.Flag;
import java.util.List;

/**
 * Waits for the child of a tool and ends as it did: with its exit code, or by the signal that killed it. Only that
 * child is waited for, not children inherited from the program that the process was before.
 *
 * <p>waitid(2) gives the exit code or signal directly and leaves the child a zombie; wait4(2) reaps it.
 */
final class WaitSteps {
    private static final Loop.Label WAIT_LOOP = new Loop.Label("wait");
    private static final Loop.Label FORWARD_LOOP = new Loop.Label("forward");
    private static final Arg.Cell CHILD = new Arg.Cell("child", 8);
    private static final Arg.Cell INFO = new Arg.Cell("siginfo", 128);
    private static final Arg.Cell STOPPED = new Arg.Cell("stopped", 128);
    private static final Arg.Cell STATUS = new Arg.Cell("status", 8);
    private static final Arg.Cell REAPED = new Arg.Cell("reaped", 8);
    private static final Arg.Cell SIGNAL = new Arg.Cell("signal", 8);
    private static final Arg.Cell SELF = new Arg.Cell("self", 8);
    /** Where waitid(2) puts the exit code, or the signal number without the core bit. */
    private static final Arg ENDED_WITH = new Arg.ValueOf(INFO, 24, Integer.BYTES);

    private static final DataArg.Signals INTERRUPTS = new DataArg.Signals(List.of(SIGINT, SIGTERM), false);
    private static final DataArg.Signals CHILD_ENDED = new DataArg.Signals(List.of(SIGCHLD), false);
    private static final DataArg.Signals ALL = new DataArg.Signals(List.of(SIGINT, SIGTERM, SIGCHLD), false);

    private WaitSteps() {}

    /** Blocks SIGINT and SIGTERM, so that the parent does not end before its child does. */
    static Call blockInterrupts() {
        return Call.may(RT_SIGPROCMASK, flags(SIG_BLOCK), ALL, Arg.nothing(), ToolSteps.SIGNAL_SET);
    }

    /** Makes the child; the caller may add hints. */
    static Step.Draft fork(List<Statement> child) {
        return fork("fork", CHILD, child);
    }

    /** Makes another child. */
    static Step.Draft fork(String subject, Arg.Cell pid, List<Statement> child) {
        Call clone = Call.must(CLONE, flags(SIGCHLD), number(0), number(0), number(0), number(0));
        return ToolSteps.step(subject).add(Fork.of(clone.into(pid), child));
    }

    /** Waits for another child, however it ends. */
    static Call waitFor(Arg.Cell pid, Arg status) {
        return Call.may(WAIT4, new Arg.ValueOf(pid), status, number(0), Arg.nothing());
    }

    private static Call look(Arg.Cell info, Flag... options) {
        return Call.may(WAITID, flags(P_PID), new Arg.ValueOf(CHILD), info, flags(options), Arg.nothing());
    }

    private static Branch leaveIfReaped() {
        Call reap = Call.may(WAIT4, new Arg.ValueOf(CHILD), STATUS, flags(WNOHANG), Arg.nothing());
        return Branch.when(reap.into(REAPED), Sign.NOT_ZERO, Jump.leave(WAIT_LOOP));
    }

    private static Call send(Arg.Cell to, Arg signal) {
        return Call.may(KILL, new Arg.ValueOf(to), signal);
    }

    /** Waits for the child's end. */
    static Step await() {
        return end(Loop.of(WAIT_LOOP, look(INFO, WEXITED, WNOWAIT), leaveIfReaped()));
    }

    /** Waits for the child's end, and stops whenever it stops, as nsenter does. */
    static Step awaitStopping() {
        return end(Loop.of(
                WAIT_LOOP,
                look(INFO, WEXITED, WSTOPPED, WNOWAIT),
                leaveIfReaped(),
                look(STOPPED, WSTOPPED, WNOHANG),
                Call.may(GETPID).into(SELF),
                send(SELF, flags(SIGSTOP)),
                send(CHILD, flags(SIGCONT))));
    }

    /** Waits for the child's end, and forwards SIGINT and SIGTERM, which must be blocked. */
    static Step awaitForwarding() {
        Descriptor signals = new Descriptor("signals");
        Arg pollfd = struct(new Arg.Field("fd", 4, fd(signals)), new Arg.Field("events", 4, flags(POLLIN)));
        Call take = Call.may(RT_SIGTIMEDWAIT, INTERRUPTS, Arg.nothing(), Times.AT_ONCE, ToolSteps.SIGNAL_SET);
        return end(
                Call.must(SIGNALFD4, number(-1), ALL, ToolSteps.SIGNAL_SET, flags(SFD_CLOEXEC))
                        .opens(signals),
                Loop.of(
                        WAIT_LOOP,
                        Call.may(PPOLL, pollfd, number(1), Arg.nothing(), Arg.nothing(), ToolSteps.SIGNAL_SET),
                        Loop.of(
                                FORWARD_LOOP,
                                Branch.when(take.into(SIGNAL), Sign.NOT_POSITIVE, Jump.leave(FORWARD_LOOP)),
                                send(CHILD, new Arg.ValueOf(SIGNAL))),
                        Call.may(RT_SIGTIMEDWAIT, CHILD_ENDED, Arg.nothing(), Times.AT_ONCE, ToolSteps.SIGNAL_SET),
                        look(INFO, WEXITED, WNOWAIT, WNOHANG),
                        leaveIfReaped()));
    }

    private static Step end(Statement... wait) {
        return ToolSteps.step("wait for the child, and end as it does")
                .add(wait)
                .add(
                        // Another process reaped it: how it ended is unknown.
                        Branch.when(Memory.same(REAPED, CHILD, Integer.BYTES), Sign.POSITIVE, exitFailed()),
                        Branch.when(Memory.compare(STATUS, 0, 1), Sign.ZERO, Call.may(EXIT_GROUP, ENDED_WITH)),
                        // The same signal, without a second core dump.
                        Call.may(PRCTL, flags(PR_SET_DUMPABLE), number(0)))
                .tolerate(RT_SIGACTION, flags(SIGINT), ToolSteps.action(SIG_IGN), Arg.nothing(), ToolSteps.SIGNAL_SET)
                .tolerate(RT_SIGACTION, flags(SIGTERM), ToolSteps.action(SIG_IGN), Arg.nothing(), ToolSteps.SIGNAL_SET)
                .tolerate(RT_SIGACTION, ENDED_WITH, ToolSteps.action(SIG_DFL), Arg.nothing(), ToolSteps.SIGNAL_SET)
                .tolerate(RT_SIGPROCMASK, flags(SIG_SETMASK), DataArg.Signals.NONE, Arg.nothing(), ToolSteps.SIGNAL_SET)
                .add(Call.may(GETPID).into(SELF), send(SELF, ENDED_WITH), exitFailed())
                .build();
    }

    private static Call exitFailed() {
        return ToolSteps.exit(ToolSteps.FAILED);
    }
}
