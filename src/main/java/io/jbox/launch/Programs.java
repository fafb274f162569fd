package io.jbox.launch;

import io.jbox.compile.ArgumentWriter;
import io.jbox.compile.Assembler;
import io.jbox.compile.Image;
import io.jbox.compile.ProgramSize;
import io.jbox.compile.SpokenFailures;
import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Program;
import io.jbox.plan.Descriptors;
import io.jbox.plan.MonitorLife;
import io.jbox.problem.JboxException;
import io.jbox.program.Actor;
import io.jbox.program.Effect;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Assembles the programs of a launch, each in memory of its own. */
final class Programs {
    /** The exit code of a tool that fails. */
    static final int FAILED = 1;

    /** A way to make a process in a box. */
    enum Way {
        /** jbox's child is the box's first process, and shares jbox's memory until it is set up. */
        DIRECT(Phase.INIT, "first process", "", ""),
        /** jbox's child becomes the monitor, and makes the first process. */
        MONITORED(
                Phase.BECOME,
                "first process",
                "the monitor was killed before it made the first process",
                "the first process died"),
        /** jbox's child enters a box, and makes the command there. */
        JOINED(Phase.BECOME, "command", "the joiner was killed", "the joiner was killed");

        private final Phase ours;
        private final String watched;
        private final String silentBefore;
        private final String silent;

        Way(Phase ours, String watched, String silentBefore, String silent) {
            this.ours = ours;
            this.watched = watched;
            this.silentBefore = silentBefore;
            this.silent = silent;
        }

        /** The phase that jbox's child executes while it shares jbox's memory. */
        Phase ours() {
            return ours;
        }

        /** The name of the launch's main process in errors. */
        String watched() {
            return watched;
        }

        /** The error if the main process was not made, and no process reports why. */
        String silentBefore() {
            return silentBefore;
        }

        /** The error if the main process has failed without a report. */
        String silent() {
            return silent;
        }

        private static Way of(Plan plan) {
            if (plan.steps(Phase.LIVE).isEmpty()) {
                return DIRECT;
            }
            return plan.steps(Phase.INIT).isEmpty() ? JOINED : MONITORED;
        }
    }

    private final Kernel kernel;
    private final Plan plan;
    private final Holdings holdings;
    private final Way way;
    private @Nullable Image child;
    private @Nullable Image watched;

    /** @param holdings the descriptors with which the processes start; receives those of the programs */
    Programs(Kernel kernel, Plan plan, Holdings holdings) {
        this.kernel = kernel;
        this.plan = plan;
        this.holdings = holdings;
        this.way = Way.of(plan);
    }

    Way way() {
        return way;
    }

    /** The program that jbox's child executes before it makes another process; null if it makes none. */
    @Nullable
    Image child() {
        return child;
    }

    /** The program that reports the result of the launch; null if jbox's own memory contains the whole result. */
    @Nullable
    Image watched() {
        return watched;
    }

    /**
     * Assembles one program.
     *
     * @throws JboxException that names the step, if the kernel refuses the memory for it
     */
    void assemble(Step step, Effect.Assemble effect) {
        try {
            holdings.opened(effect.image(), Fd.of(kernel, image(effect)));
        } catch (JboxException e) {
            throw new JboxException(plan.box() + ": " + step.subject() + ": " + e.getMessage());
        }
    }

    private int image(Effect.Assemble effect) {
        return switch (effect.program()) {
            case INIT -> init();
            case MONITOR -> monitor();
            case JOINER -> joiner();
            case PID_1 -> supervisor();
            case TOOL -> tool();
            default -> throw new IllegalArgumentException(effect.notation());
        };
    }

    /** Assembles the first process's program in memory that only the monitor maps, privately. */
    private int init() {
        List<Step> setUp = plan.steps(Phase.INIT);
        Image init = image(MonitorLife.INIT_ADDRESS, List.of(setUp)).add(Actor.INIT, setUp);
        watched = init;
        return init.memory("jbox-init");
    }

    private int monitor() {
        List<Step> live = plan.steps(Phase.LIVE);
        Image init = Objects.requireNonNull(watched, "the first process's program comes before that of the monitor");
        child = image(ElfImage.DATA_ADDRESS, List.of(live))
                .knowing(Actor.INIT, init)
                .knowing(Descriptors.INIT_PROGRAM, init)
                .add(Actor.MONITOR, live);
        return child.executable("jbox-monitor", Actor.MONITOR);
    }

    private int joiner() {
        Image joiner = withCommand(Actor.JOINER, plan.steps(Phase.LIVE));
        child = joiner;
        watched = joiner;
        return joiner.executable("jbox-exec", Actor.JOINER);
    }

    private int supervisor() {
        watched = withCommand(Actor.PID_1, plan.steps(Phase.SUPERVISE));
        return watched.executable("jbox-init", Actor.PID_1);
    }

    private Image withCommand(Actor parent, List<Step> steps) {
        List<Step> command = plan.steps(Phase.COMMAND);
        return image(ElfImage.DATA_ADDRESS, List.of(steps, command))
                .add(Actor.COMMAND, command)
                .add(parent, steps);
    }

    private Image image(long base, List<List<Step>> processes) {
        return new Image(kernel, base, holdings.numbers(), processes);
    }

    /** Assembles the program of a namespace tool, which prints its own errors. */
    private int tool() {
        List<Step> steps = plan.steps(Phase.LIVE);
        ByteBuffer memory = ByteBuffer.allocate(ProgramSize.ofSpoken(steps)).order(ByteOrder.LITTLE_ENDIAN);
        Program program = new Program(kernel.processor(), memory, ElfImage.DATA_ADDRESS);
        ArgumentWriter arguments = new ArgumentWriter(program, new HashMap<>(holdings.numbers()), 0);
        SpokenFailures failures = new SpokenFailures(program, plan.box(), FAILED);
        long first = program.next();
        new Assembler(program, arguments, failures, Map.of()).add(steps);
        failures.finish();
        return ElfImage.create(kernel, plan.box(), memory, program, first);
    }
}
