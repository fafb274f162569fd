package io.jbox.launch;

import io.jbox.compile.ArgumentWriter;
import io.jbox.compile.Assembler;
import io.jbox.compile.Image;
import io.jbox.compile.ProgramSize;
import io.jbox.compile.SpokenFailures;
import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Program;
import io.jbox.plan.Descriptors;
import io.jbox.plan.MonitorLife;
import io.jbox.program.Actor;
import io.jbox.program.Descriptor;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The programs of a launch that lie in memory of their own. Which there are follows from the phases of its plan.
 *
 * @param child what our child executes before it makes another process; null where it makes none
 * @param watched what reports last, whether the launch succeeds; null where jbox's own memory says it all
 */
record Programs(Way way, @Nullable Image child, @Nullable Image watched) {
    /** A way to make a process in a box. */
    enum Way {
        /** Our child is the box's first process, and shares jbox's memory until it is set up. */
        DIRECT(Phase.INIT, "first process", "", ""),
        /** Our child becomes the monitor, and makes the first process. */
        MONITORED(
                Phase.BECOME,
                "first process",
                "the monitor was killed before it made the first process",
                "the first process died"),
        /** Our child enters a box, and makes the command there. */
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

        /** What our child does while it shares jbox's memory. */
        Phase ours() {
            return ours;
        }

        /** What errors call the process that the launch is about. */
        String watched() {
            return watched;
        }

        /** What has happened if nobody says why there is no such process. */
        String silentBefore() {
            return silentBefore;
        }

        /** What has happened if it has failed, and does not say why. */
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

    /**
     * Puts them together.
     *
     * @param holdings with the descriptors that the processes start with; those of the programs come to them
     */
    static Programs of(Kernel kernel, Plan plan, Holdings holdings) {
        Way way = Way.of(plan);
        return switch (way) {
            case DIRECT -> new Programs(way, null, supervisor(kernel, plan, holdings));
            case MONITORED -> monitored(kernel, plan, holdings);
            case JOINED -> {
                List<Step> live = plan.steps(Phase.LIVE);
                List<Step> command = plan.steps(Phase.COMMAND);
                Image joiner = new Image(kernel, ElfImage.DATA_ADDRESS, holdings.open(), List.of(live, command))
                        .add(Actor.COMMAND, command)
                        .add(Actor.JOINER, live);
                holdings.opened(Descriptors.IMAGE, joiner.executable("jbox-exec", Actor.JOINER));
                yield new Programs(way, joiner, joiner);
            }
        };
    }

    /** The small PID 1 of {@code run}, and the command; null where the first process becomes init. */
    private static @Nullable Image supervisor(Kernel kernel, Plan plan, Holdings holdings) {
        List<Step> supervise = plan.steps(Phase.SUPERVISE);
        if (supervise.isEmpty()) {
            return null;
        }
        List<Step> command = plan.steps(Phase.COMMAND);
        Image supervisor = new Image(kernel, ElfImage.DATA_ADDRESS, holdings.open(), List.of(supervise, command))
                .add(Actor.COMMAND, command)
                .add(Actor.PID_1, supervise);
        holdings.opened(Descriptors.IMAGE, supervisor.executable("jbox-init", Actor.PID_1));
        return supervisor;
    }

    /** The first process's program lies in memory that only the monitor maps, privately. */
    private static Programs monitored(Kernel kernel, Plan plan, Holdings holdings) {
        List<Step> setUp = plan.steps(Phase.INIT);
        List<Step> live = plan.steps(Phase.LIVE);
        Image init =
                new Image(kernel, MonitorLife.INIT_ADDRESS, holdings.open(), List.of(setUp)).add(Actor.INIT, setUp);
        holdings.opened(Descriptors.INIT_PROGRAM, init.memory("jbox-init"));
        Image monitor = new Image(kernel, ElfImage.DATA_ADDRESS, holdings.open(), List.of(live))
                .knowing(Actor.INIT, init)
                .knowing(Descriptors.INIT_PROGRAM, init)
                .add(Actor.MONITOR, live);
        holdings.opened(Descriptors.IMAGE, monitor.executable("jbox-monitor", Actor.MONITOR));
        return new Programs(Way.MONITORED, monitor, init);
    }

    /** The program of a namespace tool, which says itself what fails; returns a descriptor to execute. */
    static int tool(Kernel kernel, Plan plan, Map<Descriptor, Integer> open, int failed) {
        List<Step> steps = plan.steps(Phase.LIVE);
        ByteBuffer memory = ByteBuffer.allocate(ProgramSize.ofSpoken(steps)).order(ByteOrder.LITTLE_ENDIAN);
        Program program = new Program(kernel.processor(), memory, ElfImage.DATA_ADDRESS);
        ArgumentWriter arguments = new ArgumentWriter(program, new HashMap<>(open), 0);
        SpokenFailures failures = new SpokenFailures(program, plan.box(), failed);
        long first = program.next();
        new Assembler(program, arguments, failures, Map.of()).add(steps);
        failures.finish();
        return ElfImage.create(kernel, plan.box(), memory, program, first);
    }
}
