package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.Halt;
import io.jbox.facts.KnownCommand;
import io.jbox.problem.Place;
import io.jbox.problem.RawText;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
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
 * Plans {@code jbox stop} and {@code stop -k} as a program that needs no JVM, for a box that needs no further cleanup
 * when it ends: its monitor removes the record.
 */
public final class CompiledStop {
    private static final Loop.Label INTERFACES_LOOP = new Loop.Label("interfaces");
    private static final Loop.Label BLANKS_LOOP = new Loop.Label("blanks");
    private static final Loop.Label REST_LOOP = new Loop.Label("rest");
    private static final Loop.Label STOPPER_LOOP = new Loop.Label("stopper");
    private static final Loop.Label RECORD_LOOP = new Loop.Label("record");
    private static final Arg.ValueOf MONITOR = new Arg.ValueOf(FindSteps.PIDS, 0, Integer.BYTES);
    private static final Descriptor WATCHED = new Descriptor("monitor-pidfd");
    private static final Descriptor LOCK = new Descriptor("box-lock");
    private static final Descriptor MONITOR_LOCK = new Descriptor("held-lock");
    private static final Descriptor RECORD = new Descriptor("record");
    private static final Descriptor ASIDE = new Descriptor("record-aside");
    private static final Descriptor STAY = new Descriptor("stay-stopped");
    private static final Descriptor DEVICES = new Descriptor("net-dev");
    private static final Arg.Cell LENGTH = new Arg.Cell("stop-length", 8);
    private static final Arg.Cell AT = new Arg.Cell("stop-at", 8);
    private static final Arg.Cell END = new Arg.Cell("stop-end", 8);
    private static final Arg.Cell TO = new Arg.Cell("stop-to", 8);
    private static final Arg OUT = new Arg.ValueOf(TO);
    private static final Arg.Cell PIECE = new Arg.Cell("stop-piece", 8);
    private static final Arg.Cell MARKED = new Arg.Cell("stop-marked", 8);
    private static final Arg.Cell SELF = new Arg.Cell("stopper-id", 8);
    private static final String WHO = "stopper";
    private static final Arg.Cell COUNT = new Arg.Cell("stop-count", 8);
    private static final Arg.Cell KNOWN = new Arg.Cell("stop-known", 8);
    private static final Arg.Cell NEWLINE = new Arg.Cell("stop-lines", 8);
    private static final String RUNNING = "\"state\": \"RUNNING\"";
    private static final String STOPPING = "\"state\": \"STOPPING\"";
    private static final String STOPPER = "\"stopper\": [";
    private static final long KILL_SECONDS = 30;
    private static final long AFTERMATH_SECONDS = 120;
    private static final int HEADINGS = 2;
    private static final int STANDARD_ERROR = 2;
    /** If /proc/PID/net/dev has at most this many bytes, one read surely returns all of it. */
    private static final int MOST = 3000;

    private final String box;
    private final String folder;
    private final @Nullable Halt halt;
    private final List<String> interfaces;
    private final boolean waitsForVeths;
    private final KnownCommand command;

    /**
     * @param box its name
     * @param folder of its state
     * @param interfaces of the box's own network
     * @param halt how to ask it to halt; null to kill it at once
     * @param waitsForVeths whether its monitor stays until its veths are gone, which this program does not wait for
     */
    public CompiledStop(
            String box,
            String folder,
            @Nullable Halt halt,
            List<String> interfaces,
            boolean waitsForVeths,
            KnownCommand command) {
        this.box = box;
        this.folder = folder;
        this.halt = halt;
        this.interfaces = List.copyOf(interfaces);
        this.waitsForVeths = waitsForVeths;
        this.command = command;
    }

    /** The command line that the program is for. */
    public KnownCommand command() {
        return command;
    }

    /** Checks that everything is unchanged, and finds the box. Changes nothing yet. */
    public List<Step> begin() {
        List<Step> steps = new ArrayList<>();
        CompiledSteps.begin(command.words(), Words.Follows.NOTHING, false, steps);
        // In this order: as long as the process found lives, the box's files describe it.
        FindSteps.process(folder, steps);
        ValiditySteps.add(command.validity(), steps);
        steps.add(Step.by(Actor.JBOX, "find the monitor", Place.DEFAULT)
                // The monitor holds its lock and its ids are in the file: it lives, and its id was not reused.
                .open(WATCHED, PIDFD_OPEN, MONITOR, number(0))
                .open(MONITOR_LOCK, OPENAT, cwd(), text(folder + "/monitor.lock"), flags(O_RDWR, O_NOFOLLOW, O_CLOEXEC))
                .build());
        if (!interfaces.isEmpty()) {
            steps.add(strays());
        }
        return steps;
    }

    /** Gives up if the box has an interface that someone else has moved there: it must not be lost with the box. */
    private Step strays() {
        Step.Draft step = Step.by(Actor.JBOX, "look for interfaces of others in the box", Place.DEFAULT);
        ProcessPath path = new ProcessPath("devices", "net/dev");
        path.of(FindSteps.INIT).forEach(step::add);
        step.open(DEVICES, OPENAT, cwd(), path.text(), flags(O_RDONLY, O_CLOEXEC))
                .add(Call.must(READ, fd(DEVICES), Scratch.content(), number(Scratch.PLACE))
                        .into(LENGTH))
                .add(
                        // The kernel returns at most a page: there may be more.
                        Memory.copy(COUNT, LENGTH, Long.BYTES),
                        Branch.when(Memory.add(COUNT, -MOST), Sign.NOT_NEGATIVE, Words.changed()),
                        Memory.set(COUNT, number(0)),
                        Memory.set(AT, Scratch.content()),
                        Memory.set(END, Scratch.content()),
                        Memory.add(END, new Arg.ValueOf(LENGTH)));
        List<Statement> line = new ArrayList<>();
        line.add(Branch.when(Memory.same(AT, END, Long.BYTES), Sign.ZERO, Jump.leave(INTERFACES_LOOP)));
        line.add(Loop.of(
                BLANKS_LOOP,
                Branch.when(Memory.same(new Arg.ValueOf(AT), text(" "), 1), Sign.POSITIVE, Jump.leave(BLANKS_LOOP)),
                Memory.add(AT, 1),
                Jump.again(BLANKS_LOOP)));
        line.add(Memory.add(COUNT, 1));
        for (String name : interfaces) {
            String heading = name + ":";
            line.add(Branch.when(
                    Memory.same(new Arg.ValueOf(AT), text(heading), heading.length()),
                    Sign.ZERO,
                    Memory.add(KNOWN, 1)));
        }
        line.add(Loop.of(
                REST_LOOP,
                Branch.when(Memory.same(AT, END, Long.BYTES), Sign.ZERO, Jump.leave(INTERFACES_LOOP)),
                Memory.copy(NEWLINE, new Arg.ValueOf(AT), 1),
                Memory.add(AT, 1),
                Branch.when(Memory.compare(NEWLINE, '\n', 1), Sign.ZERO, Jump.leave(REST_LOOP)),
                Jump.again(REST_LOOP)));
        line.add(Jump.again(INTERFACES_LOOP));
        return step.add(Memory.set(KNOWN, number(HEADINGS)), new Loop(INTERFACES_LOOP, List.copyOf(line)))
                .add(Branch.when(Memory.same(COUNT, KNOWN, Long.BYTES), Sign.POSITIVE, Words.changed()))
                .build();
    }

    /** Stops the box, and waits until nothing is left of it. */
    public List<Step> end() {
        List<Step> steps = new ArrayList<>();
        steps.add(Step.by(Actor.JBOX, "note that it is to stay stopped", Place.DEFAULT)
                .open(
                        STAY,
                        OPENAT,
                        cwd(),
                        text(folder + "/stay-stopped"),
                        flags(O_WRONLY, O_CREAT, O_NOFOLLOW, O_CLOEXEC),
                        DataArg.mode(0600))
                .build());
        steps.add(Step.by(Actor.JBOX, "ask who this is", Place.DEFAULT)
                .add(Call.must(GETPID).into(SELF))
                .build());
        steps.add(RecordText.startOf(WHO, new Arg.ValueOf(SELF)));
        steps.add(mark());
        steps.add(halt == null ? kill() : halt(halt));
        Step.Draft wait = Step.by(Actor.JBOX, "wait for the monitor", Place.DEFAULT)
                .call(FLOCK, fd(MONITOR_LOCK), flags(LOCK_EX))
                // jbox cleans up what the monitor has left. If it were told to stop the box, it would report that it
                // does not run.
                .add(Branch.when(
                        Call.may(FACCESSAT, cwd(), text(folder + "/state.json"), number(0)),
                        Sign.ZERO,
                        Call.may(
                                EXECVE,
                                text(command.launcher()),
                                new DataArg.Texts(List.of(command.launcher(), "tidy-up", box)),
                                new Arg.ValueOf(Words.ENVP)),
                        Words.changed()));
        if (!waitsForVeths) {
            wait.tolerate(
                    PPOLL,
                    Polled.readable(fd(WATCHED)),
                    number(1),
                    Times.seconds(AFTERMATH_SECONDS),
                    Arg.nothing(),
                    number(8));
        }
        steps.add(wait.tolerate(EXIT_GROUP, number(0)).build());
        return steps;
    }

    private static Step kill() {
        return Step.by(Actor.JBOX, "kill the first process", Place.DEFAULT)
                // If the box has ended by itself, a new run of it may hold the lock by now.
                .call(PIDFD_SEND_SIGNAL, fd(Descriptors.TARGET), flags(SIGKILL), Arg.nothing(), number(0))
                .add(Branch.when(ended(KILL_SECONDS), Sign.NOT_POSITIVE, Words.changed()))
                .build();
    }

    private static Step halt(Halt halt) {
        String killed = "jbox: " + halt.box() + ": did not halt within " + halt.seconds() + " s, and was killed\n";
        return Step.by(Actor.JBOX, "ask the first process to halt", Place.DEFAULT)
                .call(PIDFD_SEND_SIGNAL, fd(Descriptors.TARGET), number(halt.signal()), Arg.nothing(), number(0))
                .add(Branch.when(
                        ended(halt.seconds()),
                        Sign.NOT_POSITIVE,
                        Call.may(PIDFD_SEND_SIGNAL, fd(Descriptors.TARGET), flags(SIGKILL), Arg.nothing(), number(0)),
                        // jbox reports that the box does not end.
                        Branch.when(ended(KILL_SECONDS), Sign.NOT_POSITIVE, Words.changed()),
                        Call.may(WRITE, number(STANDARD_ERROR), text(killed), number(RawText.encode(killed).length))))
                .build();
    }

    /** Waits for the end of the first process; a signal ends this program, too. */
    private static Call ended(long seconds) {
        return Call.may(
                PPOLL,
                Polled.readable(fd(Descriptors.TARGET)),
                number(1),
                Times.seconds(seconds),
                Arg.nothing(),
                number(8));
    }

    /** Writes the record with its new state and the stopping process, unless another process works on the box. */
    private Step mark() {
        Arg from = Scratch.content();
        Arg to = Scratch.stream(0);
        String record = folder + "/state.json";
        String aside = record + ".STOPPING";
        List<Statement> stopper = new ArrayList<>(List.of(Memory.add(AT, STOPPER.length())));
        stopper.addAll(append(Memory.text(OUT, text(STOPPER))));
        stopper.addAll(append(Memory.digits(OUT, new Arg.ValueOf(SELF))));
        stopper.addAll(append(Memory.text(OUT, text(", "))));
        stopper.addAll(append(Memory.text(OUT, RecordText.started(WHO))));
        stopper.add(Loop.of(
                STOPPER_LOOP,
                Branch.when(Memory.same(new Arg.ValueOf(AT), text("]"), 1), Sign.ZERO, Jump.again(RECORD_LOOP)),
                Branch.when(Memory.same(AT, END, Long.BYTES), Sign.ZERO, Jump.leave(RECORD_LOOP)),
                Memory.add(AT, 1),
                Jump.again(STOPPER_LOOP)));
        Loop search = Loop.of(
                RECORD_LOOP,
                Branch.when(Memory.same(AT, END, Long.BYTES), Sign.ZERO, Jump.leave(RECORD_LOOP)),
                stopping(RUNNING),
                // An earlier stopping process has died or given up.
                stopping(STOPPING),
                new Branch(
                        Memory.same(new Arg.ValueOf(AT), text(STOPPER), STOPPER.length()),
                        Sign.ZERO,
                        List.copyOf(stopper)),
                Memory.copy(OUT, new Arg.ValueOf(AT), 1),
                Memory.add(AT, 1),
                Memory.add(TO, 1),
                Memory.add(COUNT, 1),
                Jump.again(RECORD_LOOP));
        Branch write = Branch.when(
                Call.may(OPENAT, cwd(), text(aside), flags(O_WRONLY, O_CREAT, O_TRUNC, O_CLOEXEC), DataArg.mode(0600))
                        .opens(ASIDE),
                Sign.NOT_NEGATIVE,
                // If it does not fit, the record stays as it is.
                Branch.when(
                        Call.may(WRITE, fd(ASIDE), to, new Arg.ValueOf(COUNT)),
                        Sign.POSITIVE,
                        Call.may(RENAMEAT2, cwd(), text(aside), cwd(), text(record), number(0))));
        return Step.by(Actor.JBOX, "record that it is being stopped", Place.DEFAULT)
                .add(Branch.when(
                        Call.may(OPENAT, cwd(), text(folder), flags(O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_CLOEXEC))
                                .opens(LOCK),
                        Sign.NOT_NEGATIVE,
                        Branch.when(
                                Call.may(FLOCK, fd(LOCK), flags(LOCK_EX, LOCK_NB)),
                                Sign.ZERO,
                                Branch.when(
                                        Call.may(OPENAT, cwd(), text(record), flags(O_RDONLY, O_NOFOLLOW, O_CLOEXEC))
                                                .opens(RECORD),
                                        Sign.NOT_NEGATIVE,
                                        Memory.set(COUNT, number(0)),
                                        Branch.when(
                                                Call.may(READ, fd(RECORD), from, number(Scratch.PLACE - 1))
                                                        .into(LENGTH),
                                                Sign.POSITIVE,
                                                Memory.set(AT, from),
                                                Memory.set(END, from),
                                                Memory.add(END, new Arg.ValueOf(LENGTH)),
                                                Memory.copy(new Arg.ValueOf(END), struct(Arg.Field.zero(8)), 1),
                                                Memory.set(TO, to),
                                                search,
                                                Branch.when(
                                                        Memory.compare(MARKED, 1, Integer.BYTES), Sign.ZERO, write))),
                                Call.may(CLOSE, fd(LOCK)))))
                .build();
    }

    /** Replaces this state if the record contains it. */
    private static Statement stopping(String state) {
        List<Statement> all = new ArrayList<>(List.of(Memory.set(MARKED, number(1)), Memory.add(AT, state.length())));
        all.addAll(append(Memory.text(OUT, text(STOPPING))));
        all.add(Jump.again(RECORD_LOOP));
        return new Branch(Memory.same(new Arg.ValueOf(AT), text(state), state.length()), Sign.ZERO, List.copyOf(all));
    }

    /** Appends to the record. */
    private static List<Statement> append(Memory memory) {
        return List.of(
                memory.into(PIECE), Memory.add(TO, new Arg.ValueOf(PIECE)), Memory.add(COUNT, new Arg.ValueOf(PIECE)));
    }
}
