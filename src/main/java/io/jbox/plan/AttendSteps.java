package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.Launch;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a compiled program does while a command runs: it copies the streams, forwards signals, and ends as the command
 * does.
 */
final class AttendSteps {
    private static final Loop.Label DRAIN_TERMINAL_LOOP = new Loop.Label("drain-terminal");
    private static final Loop.Label DRAIN_INPUT_LOOP = new Loop.Label("drain-0");
    private static final Loop.Label EXECUTION_LOOP = new Loop.Label("execution");
    private static final Loop.Label SAID_LOOP = new Loop.Label("said");
    private static final Loop.Label ATTEND_LOOP = new Loop.Label("attend");
    /** The command's raw wait status. */
    private static final Arg.Cell STATUS = new Arg.Cell("status", 8);

    private static final Arg.Cell SIGNAL = new Arg.Cell("signal", 8);
    private static final Arg.Cell TIMEOUT = new Arg.Cell("patience", 16);
    private static final Arg.Cell ENDINGS = new Arg.Cell("endings", 8);
    private static final Arg.Cell IS_ENDING = new Arg.Cell("is-ending", 8);
    private static final Arg.Cell CODE = new Arg.Cell("code", 8);
    private static final Arg.Cell BYTE = new Arg.Cell("exec-byte", 8);
    private static final Arg SIGNAL_SET = number(8);
    /** All signals except SIGTTIN and SIGTTOU, which concern a terminal in the background. */
    private static final Arg ANY = new DataArg.Signals(List.of(SIGKILL, SIGSTOP, SIGTTIN, SIGTTOU), true);

    private static final Arg ENDING = new DataArg.Signals(List.of(SIGHUP, SIGINT, SIGQUIT, SIGTERM), false);
    private static final int[] ENDING_NUMBERS = {1, 2, 3, 15};
    /** SIGPIPE, SIGXFSZ and the C library's own signals, which concern jbox itself. */
    private static final int[] OWN = {13, 25, 32, 33};

    private static final int SIGCHLD = 17;
    private static final int SIGTSTP = 20;
    private static final int SIGWINCH = 28;
    /** The time within which three signals kill a command that does not end. */
    private static final long INSISTENT_SECONDS = 10;

    private static final long LONG_SECONDS = 1_000_000_000;
    /** How long a signal waits for a command that does not run yet. */
    private static final long IMPATIENT_SECONDS = 1;

    private static final long DRAIN_NANOS = 20_000_000;
    private static final long STOP_NANOS = 50_000_000;
    private static final int SIGNALLED = 128;
    private static final int STANDARD_ERROR = 2;
    private static final String ENDED = "jbox: ended by a signal before the command ran\n";
    private final List<Launch.Stream> streams;
    private final Arg pidfd;
    private final Arg process;
    private final List<OutputRelay> outputs = new ArrayList<>();
    private final InputSteps input;
    private final @Nullable TerminalInput typed;
    private final @Nullable TerminalOutput shown;

    /**
     * @param pidfd the number of a descriptor of the process that signals go to
     * @param process its id
     */
    AttendSteps(List<Launch.Stream> streams, Arg pidfd, Arg process) {
        this.streams = List.copyOf(streams);
        this.pidfd = pidfd;
        this.process = process;
        this.input = new InputSteps(pidfd);
        for (int standard = 1; standard <= 2; standard++) {
            if (streams.get(standard) == Launch.Stream.PIPE) {
                outputs.add(new OutputRelay(standard, pidfd));
            }
        }
        boolean console = streams.get(0) == Launch.Stream.CONSOLE;
        this.typed = console ? new TerminalInput(pidfd, process) : null;
        this.shown = console ? new TerminalOutput(shownBy(streams), pidfd) : null;
    }

    /** If no output is a terminal, what the command writes to its terminal goes to the caller's terminal. */
    private static int shownBy(List<Launch.Stream> streams) {
        for (int standard = 1; standard <= 2; standard++) {
            if (streams.get(standard) == Launch.Stream.CONSOLE) {
                return standard;
            }
        }
        return 0;
    }

    private boolean hasInput() {
        return streams.get(0) == Launch.Stream.PIPE;
    }

    /** Makes the threads that copy the streams. Input waits until the command runs. */
    void carry(List<Step> steps) {
        for (OutputRelay output : outputs) {
            steps.add(step("carry descriptor " + output.standard(), output.fork()));
        }
        if (hasInput()) {
            steps.add(step("carry descriptor 0", input.fork()));
        }
        if (typed != null && shown != null) {
            steps.add(step("carry what is typed", typed.fork()));
            steps.add(step("carry what the terminal shows", shown.fork()));
        }
    }

    private static Step step(String subject, List<Statement> body) {
        return Step.by(Actor.JBOX, subject, Place.DEFAULT)
                .add(body.toArray(new Statement[0]))
                .build();
    }

    /**
     * Waits until data comes through the exec pipe. After a signal that would end the command it waits only briefly,
     * since a process in the box may keep the command from ever reporting.
     *
     * @param pidfd the number of a descriptor of the process that is killed then
     */
    static Statement untilSaid(Loop.Label loop, Arg pidfd) {
        return Loop.of(
                loop,
                Branch.when(
                        Call.may(
                                PPOLL,
                                Polled.readable(fd(Descriptors.EXEC_READ)),
                                number(1),
                                Times.seconds(IMPATIENT_SECONDS),
                                Arg.nothing(),
                                SIGNAL_SET),
                        Sign.POSITIVE,
                        Jump.leave(loop)),
                Branch.when(
                        Call.may(RT_SIGTIMEDWAIT, ENDING, Arg.nothing(), Times.AT_ONCE, SIGNAL_SET)
                                .into(SIGNAL),
                        Sign.POSITIVE,
                        CompiledSteps.ifIgnored(new Arg.ValueOf(SIGNAL), Jump.again(loop)),
                        Call.may(PIDFD_SEND_SIGNAL, pidfd, flags(SIGKILL), Arg.nothing(), number(0)),
                        Call.may(WRITE, number(STANDARD_ERROR), text(ENDED), number(ENDED.length())),
                        Memory.set(CODE, number(SIGNALLED)),
                        Memory.add(CODE, new Arg.ValueOf(SIGNAL)),
                        Call.may(EXIT_GROUP, new Arg.ValueOf(CODE))),
                Jump.again(loop));
    }

    /** Waits until the command is executed; after a signal that would end it, only briefly. */
    void awaitExecution(List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "wait until the command is executed", Place.DEFAULT)
                .add(untilSaid(EXECUTION_LOOP, pidfd))
                .add(READ, Call.Outcome.MUST_BE_ZERO, null, fd(Descriptors.EXEC_READ), BYTE, number(1));
        steps.add(step.build());
        go(steps);
    }

    /** The same, but writes errors itself: what comes through the exec pipe goes to standard error. */
    void awaitExecutionOrSay(List<Step> steps) {
        Arg.Cell count = new Arg.Cell("said-count", 8);
        Step.Draft step = Step.by(Actor.JBOX, "wait until the command is executed", Place.DEFAULT)
                .add(Loop.of(
                        SAID_LOOP,
                        untilSaid(EXECUTION_LOOP, pidfd),
                        Branch.when(
                                Call.may(READ, fd(Descriptors.EXEC_READ), Scratch.content(), number(Scratch.PLACE))
                                        .into(count),
                                Sign.NOT_POSITIVE,
                                Jump.leave(SAID_LOOP)),
                        Call.may(WRITE, number(STANDARD_ERROR), Scratch.content(), new Arg.ValueOf(count)),
                        Jump.again(SAID_LOOP)));
        steps.add(step.build());
        go(steps);
    }

    private void go(List<Step> steps) {
        if (hasInput()) {
            steps.add(step("let input begin", input.worker().go()));
        }
        if (typed != null && shown != null) {
            List<Statement> begin = new ArrayList<>(CallersTerminal.begin());
            begin.addAll(typed.worker().go());
            begin.addAll(shown.worker().go());
            steps.add(step("let the terminal's keys go to the command, and show what it writes", begin));
        }
    }

    /**
     * Forwards signals until the command has ended.
     *
     * @param child the id of the program's own child, which writes the command's wait status to a pipe before it ends
     */
    void forward(Arg.Cell child, List<Step> steps) {
        List<Statement> body = new ArrayList<>();
        body.add(Branch.when(
                Call.may(RT_SIGTIMEDWAIT, ANY, Arg.nothing(), TIMEOUT, SIGNAL_SET)
                        .into(SIGNAL),
                Sign.NEGATIVE,
                // No signal came while signals are counted, or the wait was interrupted.
                Memory.set(TIMEOUT, number(LONG_SECONDS)),
                Memory.set(ENDINGS, number(0)),
                Jump.again(ATTEND_LOOP)));
        body.add(Branch.when(
                Memory.compare(SIGNAL, SIGCHLD, Integer.BYTES),
                Sign.ZERO,
                Branch.when(
                        Call.may(WAIT4, new Arg.ValueOf(child), STATUS, flags(WNOHANG, __WALL), Arg.nothing()),
                        Sign.ZERO,
                        Jump.again(ATTEND_LOOP)),
                Jump.leave(ATTEND_LOOP)));
        // The command inherits the ignored signal.
        body.add(CompiledSteps.ifIgnored(new Arg.ValueOf(SIGNAL), Jump.again(ATTEND_LOOP)));
        for (int own : OWN) {
            body.add(Branch.when(Memory.compare(SIGNAL, own, Integer.BYTES), Sign.ZERO, Jump.again(ATTEND_LOOP)));
        }
        // Ctrl-Z stops a whole pipeline, in which this process represents the command. The command itself is in another
        // session than its parent, where the kernel ignores SIGTSTP's default action.
        body.add(Branch.when(
                Memory.compare(SIGNAL, SIGTSTP, Integer.BYTES),
                Sign.ZERO,
                send(new Arg.ValueOf(SIGNAL)),
                Branch.when(
                        Call.may(
                                PPOLL,
                                Polled.readable(pidfd),
                                number(1),
                                Times.nanos(STOP_NANOS),
                                Arg.nothing(),
                                SIGNAL_SET),
                        Sign.POSITIVE,
                        Jump.again(ATTEND_LOOP)),
                send(flags(SIGSTOP)),
                Call.may(GETPID).into(CODE),
                Call.may(KILL, new Arg.ValueOf(CODE), flags(SIGSTOP)),
                Jump.again(ATTEND_LOOP)));
        if (typed != null) {
            List<Statement> resize = new ArrayList<>(CallersTerminal.resize());
            resize.add(Jump.again(ATTEND_LOOP));
            body.add(new Branch(Memory.compare(SIGNAL, SIGWINCH, Integer.BYTES), Sign.ZERO, resize));
        }
        body.add(Memory.set(IS_ENDING, number(0)));
        for (int ending : ENDING_NUMBERS) {
            body.add(Branch.when(
                    Memory.compare(SIGNAL, ending, Integer.BYTES), Sign.ZERO, Memory.set(IS_ENDING, number(1))));
        }
        body.add(Branch.when(
                Memory.compare(IS_ENDING, 0, Integer.BYTES),
                Sign.ZERO,
                send(new Arg.ValueOf(SIGNAL)),
                Jump.again(ATTEND_LOOP)));
        body.add(Memory.set(TIMEOUT, number(INSISTENT_SECONDS)));
        body.add(Memory.add(ENDINGS, 1));
        body.add(Branch.when(
                Memory.compare(ENDINGS, 3, Integer.BYTES), Sign.ZERO, send(flags(SIGKILL)), Jump.again(ATTEND_LOOP)));
        body.add(send(new Arg.ValueOf(SIGNAL)));
        body.add(new StoppedCommand("stopped", pidfd, process).goOn());
        body.add(Jump.again(ATTEND_LOOP));
        Step.Draft step = Step.by(Actor.JBOX, "forward signals until the command has ended", Place.DEFAULT)
                .add(Memory.set(TIMEOUT, number(LONG_SECONDS)), new Loop(ATTEND_LOOP, List.copyOf(body)));
        step.add(Call.may(READ, fd(Descriptors.STATUS_READ), STATUS, number(Integer.BYTES)));
        steps.add(step.build());
    }

    private Call send(Arg signal) {
        return Call.may(PIDFD_SEND_SIGNAL, pidfd, signal, Arg.nothing(), number(0));
    }

    /** Waits until the output is written. */
    void drain(List<Step> steps) {
        for (OutputRelay output : outputs) {
            Loop.Label loop = new Loop.Label("drain-" + output.standard());
            steps.add(step(
                    "wait until descriptor " + output.standard() + " is written",
                    List.of(drain(output.worker(), loop))));
        }
        if (hasInput()) {
            steps.add(step("wait until input is put back", List.of(drain(input.worker(), DRAIN_INPUT_LOOP))));
        }
        if (shown != null) {
            List<Statement> shows = new ArrayList<>(List.of(drain(shown.worker(), DRAIN_TERMINAL_LOOP)));
            shows.addAll(CallersTerminal.restore());
            steps.add(step("wait until the terminal has shown all", shows));
        }
    }

    /**
     * Ends the program as the command ended.
     *
     * @param launcher path of jbox, which reports output that could not be written
     */
    void end(String launcher, List<Step> steps) {
        steps.add(new CommandEnd(outputs, STATUS).by(launcher));
    }

    /** The same, but reports itself output that could not be written. */
    void endOrSay(List<Step> steps) {
        new CommandEnd(outputs, STATUS).orSay(steps);
    }

    /** Waits for a thread, until a signal interrupts that. */
    private Statement drain(Worker worker, Loop.Label loop) {
        List<Statement> leave = new ArrayList<>();
        leave.add(CompiledSteps.ifIgnored(new Arg.ValueOf(SIGNAL), Jump.again(loop)));
        if (shown != null) {
            leave.addAll(CallersTerminal.restore());
        }
        leave.add(Memory.set(CODE, number(SIGNALLED)));
        leave.add(Memory.add(CODE, new Arg.ValueOf(SIGNAL)));
        leave.add(Call.may(EXIT_GROUP, new Arg.ValueOf(CODE)));
        return Loop.of(
                loop,
                Branch.when(worker.runs(), Sign.ZERO, Jump.leave(loop)),
                worker.await(Times.nanos(DRAIN_NANOS)),
                new Branch(
                        Call.may(RT_SIGTIMEDWAIT, ENDING, Arg.nothing(), Times.AT_ONCE, SIGNAL_SET)
                                .into(SIGNAL),
                        Sign.POSITIVE,
                        leave),
                Jump.again(loop));
    }
}
