package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.program.DataArg.mode;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.KnownCommand;
import io.jbox.facts.Launch;
import io.jbox.facts.LaunchFacts;
import io.jbox.facts.StartRecords;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Sign;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Plans {@code jbox start} as a program that needs no JVM: the plan of a start, with its effects turned into calls. */
public final class CompiledStart {
    private static final Arg.ValueOf MONITOR = new Arg.ValueOf(Descriptors.MESSAGE, 0, Integer.BYTES);
    private static final Arg.ValueOf INIT = new Arg.ValueOf(Descriptors.MESSAGE, Integer.BYTES, Integer.BYTES);
    private static final Descriptor LOCK = new Descriptor("box-lock");

    private final Plan plan;

    private final String folder;
    private final StartRecords records;
    private final LaunchChecks checks;
    private final KnownCommand command;
    private final CompiledNetwork network;

    /**
     * @param plan of a start, with {@link StartRecords#ID} as its id
     * @param folder of the box's state
     * @throws NotCompiledException if the plan has an effect that needs jbox
     */
    public CompiledStart(
            Plan plan,
            String folder,
            LaunchFacts facts,
            StartRecords records,
            CompiledNetwork network,
            KnownCommand command)
            throws NotCompiledException {
        this.plan = plan;
        this.folder = folder;
        this.checks = new LaunchChecks(facts, command.validity());
        this.records = records;
        this.network = network;
        this.command = command;
        LaunchChecks.refuse(plan, CompiledEffects.OF_START);
    }

    public Plan plan() {
        return plan;
    }

    /** The command line that the program is for. */
    public KnownCommand command() {
        return command;
    }

    /** Placeholders in the monitor's program, and the cells that replace them when it is made. */
    public Map<String, Arg.Cell> places() {
        Map<String, Arg.Cell> places = new LinkedHashMap<>(network.places());
        places.put(StartRecords.ID, RecordText.ID);
        return places;
    }

    private String record() {
        return folder + "/state.json";
    }

    /** Checks that everything is unchanged, and locks the box. */
    public List<Step> begin() {
        List<Step> steps = new ArrayList<>();
        CompiledSteps.begin(command.words(), Words.Follows.NOTHING, false, steps);
        CompiledSteps.signals(steps);
        checks.look(steps);
        steps.add(lock());
        return steps;
    }

    private Step lock() {
        Step.Draft step = Step.by(Actor.JBOX, "lock the box", Place.DEFAULT)
                .tolerate(MKDIRAT, cwd(), text(folder), mode(0700))
                .open(LOCK, OPENAT, cwd(), text(folder), flags(O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_CLOEXEC))
                .call(FLOCK, fd(LOCK), flags(LOCK_EX, LOCK_NB));
        // An earlier run must be cleaned up.
        for (String file : List.of("state.json", "state.json.STARTING", "ns")) {
            ValiditySteps.absent(step, Call.may(FACCESSAT, fd(LOCK), text(file), number(0)));
        }
        String journal = new Launch.Supervision(folder, false).journal();
        ValiditySteps.absent(step, Call.may(FACCESSAT, cwd(), text(journal), number(0)));
        return step.tolerate(UNLINKAT, fd(LOCK), text("stay-stopped"), number(0))
                .tolerate(UNLINKAT, fd(LOCK), text("memory.events"), number(0))
                .build();
    }

    /** Records the start, and makes what the box needs. */
    public List<Step> prepare() {
        List<Step> steps = new ArrayList<>();
        steps.add(RecordText.now());
        network.makeNames(steps);
        checks.lockBooks(steps);
        Step.Draft spec = Step.by(Actor.JBOX, "keep what it is started with", Place.DEFAULT);
        byte[] bytes = RecordText.bytes(records.spec());
        String file = folder + "/spec.json";
        RecordText.fileIfOther(spec, new DataArg.Data("spec", bytes), bytes.length, "spec", file + ".new", file);
        steps.add(spec.build());
        steps.add(write(records.starting(), "starting", "STARTING"));
        steps.add(Step.by(Actor.JBOX, "forget the start if it fails", Place.DEFAULT)
                .undo(Call.may(UNLINKAT, cwd(), text(record()), number(0)))
                .build());
        checks.lines(steps);
        return steps;
    }

    /** The steps of the plan before the first process exists, with their effects turned into calls. */
    public List<Step> prepared() {
        List<Step> steps = new ArrayList<>();
        CompiledEffects effects = new CompiledEffects(checks, folder);
        steps.addAll(effects.in(plan.steps(Phase.BEGIN)));
        steps.addAll(effects.in(plan.steps(Phase.PREPARE)));
        return steps;
    }

    private Step write(String text, String name, String state) {
        return RecordText.write(text, name, state, record(), MONITOR, INIT, network.places());
    }

    public List<Step> make() {
        return plan.steps(Phase.MAKE);
    }

    /** Receives the ids of the new processes. */
    public List<Step> made() {
        List<Step> steps = new ArrayList<>(plan.steps(Phase.LEAVE));
        CompiledSteps.hear(plan, steps);
        return steps;
    }

    /** Sets up the box from outside, and waits until its program runs. */
    public List<Step> finish() {
        List<Step> steps = new ArrayList<>();
        steps.add(RecordText.startOf("monitor", MONITOR));
        steps.add(RecordText.startOf("init", INIT));
        List<Step> connect = new ArrayList<>();
        for (Step step : plan.steps(Phase.CONNECT)) {
            if (step.effects().isEmpty()) {
                connect.add(step);
            } else {
                connect.add(write(records.made(), "made", "STARTING"));
            }
        }
        steps.addAll(network.in(new InitPaths(INIT).in(connect)));
        steps.addAll(plan.steps(Phase.RELEASE));
        steps.addAll(plan.steps(Phase.AWAIT_EXECUTION));
        return steps;
    }

    /**
     * Records that the box runs.
     *
     * @param running the record, with places as in {@link StartRecords}
     */
    public List<Step> end(String running) {
        Arg words = struct(
                Arg.Field.of("path", new Arg.Pointer(new Arg.Text(command.launcher()))),
                Arg.Field.of("command", new Arg.Pointer(new Arg.Text("tidy-up"))),
                Arg.Field.zero(Long.BYTES));
        Arg ended = Polled.readable(new Arg.ValueOf(Descriptors.CHILD_PIDFD));
        return List.of(
                write(running, "running", "RUNNING"),
                Step.by(Actor.JBOX, "look whether it runs still", Place.DEFAULT)
                        // A monitor that has already ended could not remove this record.
                        .add(Branch.when(
                                Call.may(PPOLL, ended, number(1), Times.AT_ONCE, Arg.nothing(), number(8)),
                                Sign.POSITIVE,
                                Call.may(CLOSE, fd(LOCK)),
                                Call.may(EXECVE, text(command.launcher()), words, new Arg.ValueOf(Words.ENVP))))
                        .tolerate(EXIT_GROUP, number(0))
                        .build());
    }
}
