package io.jbox.plan;

import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.facts.Form;
import io.jbox.facts.Launch;
import io.jbox.facts.StandaloneFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.List;

/**
 * Plans {@code jbox run} as a program that needs neither jbox nor a JVM, on any host that has its root file system. It
 * reports errors itself. A {@link Form} describes what differs between callers and hosts.
 */
public final class StandaloneRun {
    /** The lowest number of its own descriptors. */
    public static final int FIRST_DESCRIPTOR = CompiledSteps.FIRST_DESCRIPTOR;
    /** A number above all of them. */
    public static final int BEHIND_DESCRIPTORS = 256;
    /** The size of an entry of a slot's table: where it goes, where it comes from, and how many bytes it has. */
    public static final int TABLE_ENTRY = StandaloneSlots.ENTRY;

    private static final Loop.Label NUMBERS_LOOP = new Loop.Label("numbers");
    private static final Loop.Label FILL_LOOP = new Loop.Label("fill");
    private static final Arg.Cell MEMFD = new Arg.Cell("memfd-flags", 8);
    /** The flags of memfd_create(2): one of them came with Linux 6.3. */
    public static final Arg MEMFD_FLAGS = new Arg.ValueOf(MEMFD);

    private static final String TOO_MANY = "the start may need more open files than are allowed: ulimit -n";
    private static final Arg.Cell TRIED = new Arg.Cell("memfd-tried", 8);
    /** All signals except those about a terminal in the background. */
    private static final Arg BLOCKED = new DataArg.Signals(List.of(SIGTTIN, SIGTTOU), true);

    private static final int LOWEST = 3;
    private static final Arg.Cell NUMBER = new Arg.Cell("callers-number", 8);
    private static final Arg.Cell BEHIND = new Arg.Cell("callers-number-behind", 8);
    private static final Arg.ValueOf INIT = new Arg.ValueOf(Descriptors.CHILD_PID, 0, Integer.BYTES);
    private static final Arg PIDFD = new Arg.ValueOf(Descriptors.CHILD_PIDFD, 0, Integer.BYTES);

    private final Config config;
    private final StandaloneFacts facts;
    private final StandaloneSlots slots;
    private final NameSteps names;
    private final FormChoice choice;
    private final List<Plan> plans = new ArrayList<>();
    private final List<Form> forms;
    private final List<Variants.Part<Step>> prepare;
    private final List<Variants.Part<Step>> init;
    private final List<Variants.Part<Step>> make;
    private final List<Variants.Part<Step>> made;
    private final List<Variants.Part<Step>> attend;

    /**
     * @param forms with those of the same streams adjacent
     * @throws NotCompiledException if the plan has an effect that needs jbox
     */
    public StandaloneRun(Config config, List<Form> forms, StandaloneFacts facts) throws NotCompiledException {
        this.config = config;
        this.forms = List.copyOf(forms);
        this.facts = facts;
        String box = config.name().get();
        this.slots = new StandaloneSlots(box, facts);
        this.choice = new FormChoice(box, forms);
        for (Form form : forms) {
            Plan plan = new Planner(config, form.facts(), Launch.ofAnyCommand(form.streams())).plan();
            LaunchChecks.refuse(plan, CompiledEffects.OF_FILE);
            plans.add(plan);
        }
        this.names = new NameSteps(config, forms.get(0).facts());
        List<Step> writing = new ArrayList<>();
        names.write(writing);
        if (names.areInOwnTree() && !writing.isEmpty()) {
            throw new NotCompiledException(
                    "jbox has not yet written its name to the root file system, which the first jbox run does");
        }
        this.prepare = merge(Part.PREPARE);
        this.init = merge(Part.INIT);
        this.make = merge(Part.MAKE);
        this.made = merge(Part.MADE);
        this.attend = merge(Part.ATTEND);
    }

    /** The parts of the program that differ between forms. */
    private enum Part {
        PREPARE,
        INIT,
        MAKE,
        MADE,
        ATTEND
    }

    private List<Variants.Part<Step>> merge(Part part) {
        List<List<Step>> each = new ArrayList<>();
        for (int i = 0; i < forms.size(); i++) {
            Plan plan = plans.get(i);
            Form form = forms.get(i);
            each.add(
                    switch (part) {
                        case PREPARE -> prepare(plan, form);
                        case INIT -> StandaloneCommand.givingTerm(StreamSteps.withNull(config, plan.steps(Phase.INIT)));
                        case MAKE -> plan.steps(Phase.MAKE);
                        case MADE -> made(plan, form);
                        case ATTEND -> attend(plan, form);
                    });
        }
        return choice.merge(each);
    }

    private List<Step> prepare(Plan plan, Form form) {
        List<Step> steps = new ArrayList<>();
        // A killed command may still have processes in its cgroups for a moment.
        steps.add(CgroupEndSteps.remove(
                "remove the cgroups of an earlier command", Grants.cgroups(config, form.facts())));
        for (Step step : plan.steps(Phase.PREPARE)) {
            steps.add(step.effects().isEmpty() ? step : slots.hold(step));
        }
        return steps;
    }

    private static List<Step> made(Plan plan, Form form) {
        List<Step> steps = new ArrayList<>(plan.steps(Phase.LEAVE));
        StreamSteps.leave(form.streams(), steps);
        return steps;
    }

    private List<Step> attend(Plan plan, Form form) {
        List<Step> steps = new ArrayList<>(new InitPaths(INIT).in(plan.steps(Phase.CONNECT)));
        AttendSteps attending = new AttendSteps(form.streams(), PIDFD, INIT);
        attending.carry(steps);
        steps.addAll(plan.steps(Phase.RELEASE));
        attending.awaitExecutionOrSay(steps);
        attending.forward(Descriptors.CHILD_PID, steps);
        attending.drain(steps);
        new CgroupEndSteps(plan.box(), Grants.cgroups(config, form.facts())).add(steps);
        attending.endOrSay(steps);
        return steps;
    }

    /** The name of the box. */
    public String box() {
        return config.name().get();
    }

    /**
     * Determines the form and the words, and takes a slot.
     *
     * @param tables address of each slot's table
     */
    public List<Step> begin(List<Arg> tables) {
        List<Step> look = new ArrayList<>();
        look.add(StandaloneWords.take(box(), facts.version()));
        look.add(Step.by(Actor.JBOX, "have memory to read to", Place.DEFAULT)
                .add(Scratch.map())
                .build());
        look.addAll(choice.find());
        List<Step> take = take(tables);
        List<Step> steps = new ArrayList<>(look);
        String shown = Plan.text(look) + Plan.text(take);
        steps.add(Step.by(Actor.JBOX, "show the plan", Place.DEFAULT)
                .add(new Branch(
                        Memory.compare(StandaloneWords.SHOWS_PLAN, 1, Long.BYTES), Sign.ZERO, List.copyOf(show(shown))))
                .build());
        steps.addAll(take);
        steps.addAll(choice.steps(Actor.JBOX, prepare));
        // Last, since the plan's own steps report errors of the root file system itself.
        steps.add(naming());
        return steps;
    }

    private Step naming() {
        return LaunchChecks.naming(names.covered(config.rootfs().path().get().path()));
    }

    /** Takes what only one command may use at a time. */
    private List<Step> take(List<Arg> tables) {
        List<Step> steps = new ArrayList<>();
        Statement[] notRoot = StandaloneWords.refuse("jbox: " + box() + ": only root may run this program\n");
        steps.add(Step.by(Actor.JBOX, "look who calls", Place.DEFAULT)
                .add(
                        Branch.when(Call.may(GETEUID), Sign.POSITIVE, notRoot),
                        // The real user may differ if the file is setuid.
                        Branch.when(Call.may(GETUID), Sign.POSITIVE, notRoot))
                .build());
        steps.add(StandaloneWords.findTerm());
        steps.add(numbers());
        CompiledSteps.signals(steps);
        slots.take(tables, steps);
        steps.add(Step.by(Actor.JBOX, "look whether memory must be said to be executable", Place.DEFAULT)
                .add(
                        Memory.set(MEMFD, flags(MFD_CLOEXEC, MFD_ALLOW_SEALING)),
                        Branch.when(
                                Call.may(MEMFD_CREATE, text("jbox"), flags(MFD_CLOEXEC, MFD_EXEC))
                                        .into(TRIED),
                                Sign.NOT_NEGATIVE,
                                Call.may(CLOSE, new Arg.ValueOf(TRIED)),
                                Memory.set(MEMFD, flags(MFD_CLOEXEC, MFD_ALLOW_SEALING, MFD_EXEC))))
                .build());
        return steps;
    }

    /**
     * Blocks signals, to wait for them. Moves the caller's open descriptors out of the range of the program's own ones:
     * they may hold locks, and stay open. Fills the free numbers below.
     */
    private static Step numbers() {
        return Step.by(Actor.JBOX, "have free numbers for descriptors", Place.DEFAULT)
                .call(RT_SIGPROCMASK, flags(SIG_SETMASK), BLOCKED, CompiledSteps.MASK, number(8))
                .add(
                        Memory.set(NUMBER, number(FIRST_DESCRIPTOR)),
                        Loop.of(
                                NUMBERS_LOOP,
                                Branch.when(
                                        Call.may(FCNTL, new Arg.ValueOf(NUMBER), flags(F_GETFD)),
                                        Sign.NOT_NEGATIVE,
                                        Call.must(
                                                FCNTL,
                                                new Arg.ValueOf(NUMBER),
                                                flags(F_DUPFD),
                                                number(BEHIND_DESCRIPTORS)),
                                        Call.may(CLOSE, new Arg.ValueOf(NUMBER))),
                                Memory.add(NUMBER, 1),
                                Branch.when(
                                        Memory.compare(NUMBER, BEHIND_DESCRIPTORS, Long.BYTES),
                                        Sign.ZERO,
                                        Jump.leave(NUMBERS_LOOP)),
                                Jump.again(NUMBERS_LOOP)),
                        Loop.of(
                                FILL_LOOP,
                                Call.must(FCNTL, number(0), flags(F_DUPFD_CLOEXEC), number(LOWEST))
                                        .into(NUMBER),
                                Memory.copy(BEHIND, NUMBER, Long.BYTES),
                                Branch.when(
                                        Memory.add(BEHIND, -FIRST_DESCRIPTOR),
                                        Sign.NOT_NEGATIVE,
                                        Call.may(CLOSE, new Arg.ValueOf(NUMBER)),
                                        Jump.leave(FILL_LOOP)),
                                Jump.again(FILL_LOOP)))
                .hint(FCNTL, Errno.EMFILE, TOO_MANY)
                .hint(FCNTL, Errno.EINVAL, TOO_MANY)
                .build();
    }

    /** Prints the plan of the current form as text. */
    private List<Statement> show(String begin) {
        List<Statement> all = new ArrayList<>();
        all.add(StandaloneWords.write("[jbox]\n" + begin));
        show(prepare, all);
        all.add(StandaloneWords.write(Plan.text(List.of(naming()))));
        show(make, all);
        show(made, all);
        show(attend, all);
        all.add(StandaloneWords.write("\n[init]\n"));
        show(init, all);
        all.add(StandaloneWords.write("\n[pid 1]\n" + Plan.text(supervise())));
        all.add(StandaloneWords.write("\n[command]\n" + Plan.text(List.of(command()))));
        all.add(Call.may(EXIT_GROUP, number(0)));
        return all;
    }

    private void show(List<Variants.Part<Step>> parts, List<Statement> all) {
        for (Variants.Part<Step> part : parts) {
            Statement text = StandaloneWords.write(Plan.text(part.content()));
            all.add(choice.isCommon(part) ? text : choice.only(part, List.of(text)));
        }
    }

    /** What the first process does. */
    public List<Step> init() {
        return choice.steps(Actor.INIT, init);
    }

    /** What PID 1 does afterwards. */
    public List<Step> supervise() {
        return plans.get(0).steps(Phase.SUPERVISE);
    }

    /** What the command's process does before it executes the command. */
    public Step command() {
        Form form = forms.get(0);
        Launch noTerminal = Launch.ofAnyCommand(List.of(Launch.Stream.PIPE, Launch.Stream.PIPE, Launch.Stream.PIPE));
        return new StandaloneCommand(box(), new ExecuteSteps(config, noTerminal, form.facts()).environment()).execute();
    }

    /** Makes the first process. */
    public List<Step> make() {
        return choice.steps(Actor.JBOX, make);
    }

    /** Closes descriptors that only the box uses, so that their end is noticed. */
    public List<Step> made() {
        return choice.steps(Actor.JBOX, made);
    }

    /** Sets up the box from outside, releases the command, and stays until it has ended. */
    public List<Step> attend() {
        return choice.steps(Actor.JBOX, attend);
    }
}
