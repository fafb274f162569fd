package io.jbox.launch;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Poll;
import io.jbox.plan.Descriptors;
import io.jbox.problem.JboxException;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.EffectVisitor;
import io.jbox.program.NetworkEffect;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Executes jbox's own steps, one call at a time, and can undo them. */
final class StepRunner {
    private final Kernel kernel;
    private final String box;
    private final Effects effects;
    private final Holdings holdings;
    private @Nullable Programs programs;

    /** @param effects carries out effects that are neither system calls nor programs for the box */
    StepRunner(Kernel kernel, String box, Effects effects) {
        this.effects = effects;
        this.kernel = kernel;
        this.box = box;
        this.holdings = new Holdings();
    }

    /** The descriptors, values and undo actions of the steps so far. */
    Holdings holdings() {
        return holdings;
    }

    /** Assembles the programs that other processes execute. */
    Programs assemble(Plan plan) {
        Programs own = new Programs(kernel, plan, holdings);
        programs = own;
        run(plan.steps(Phase.ASSEMBLE), 0);
        return own;
    }

    /**
     * @param initPid of the box's first process; 0 before there is one
     * @throws JboxException if a call fails; nothing is undone yet
     */
    void run(List<Step> steps, int initPid) {
        for (Step step : steps) {
            run(step, initPid);
        }
    }

    private void run(Step step, int initPid) {
        walk(step, step.body(), initPid);
    }

    /** Records how to undo what a program outside this runner has made. */
    void made(Step step, List<Statement> undoing) {
        walk(step, undoing, 0);
    }

    private void walk(Step step, List<Statement> statements, int initPid) {
        StepWalk.Host host = new Host(step, initPid);
        try (Arena arena = kernel.arena()) {
            new StepWalk(kernel, box, step, holdings, host, initPid, arena.program()).walk(statements);
        }
    }

    /** Does the parts of a step that are not system calls. */
    private final class Host implements StepWalk.Host {
        private final Step step;
        private final int initPid;

        Host(Step step, int initPid) {
            this.step = step;
            this.initPid = initPid;
        }

        @Override
        public void carryOut(Effect effect, Map<Descriptor, Fd> given) {
            effect.by(new EffectVisitor() {
                @Override
                public void hostProgram(Effect.HostProgram program) {
                    effects.execute(kernel, box, step, program, given, initPid);
                }

                @Override
                public void assemble(Effect.Assemble assembling) {
                    Objects.requireNonNull(programs, "this launch has no programs")
                            .assemble(step, assembling);
                }

                @Override
                public void journal(NetworkEffect.Journal journal) {
                    new LentLinks(kernel, box, holdings).remember(step, journal);
                }

                @Override
                public void journalMove(NetworkEffect.JournalMove move) {
                    new LentLinks(kernel, box, holdings).moved(step, move);
                }

                @Override
                public void routeSocket(NetworkEffect.RouteSocket opening) {
                    given.put(opening.socket(), RouteSockets.open(box, step, Holdings.get(given, opening.network())));
                }

                @Override
                public void other(Effect another) {
                    Effects.Processes made =
                            new Effects.Processes((int) holdings.number(Descriptors.CHILD_PID), initPid);
                    effects.carryOut(step, another, given, made);
                }
            });
        }
    }

    /** Undoes everything. */
    void fail(Throwable cause) {
        try {
            holdings.undo(0, cause);
        } finally {
            closeAll();
        }
    }

    /**
     * Executes steps that concern a process. If one fails because the process was killed, the error says so.
     *
     * @param pidfd of the process
     * @param who name of the process in the error
     */
    void run(List<Step> steps, int initPid, Fd pidfd, String who) {
        try {
            run(steps, initPid);
        } catch (JboxException e) {
            throw hasEnded(pidfd) ? new JboxException(box + ": the " + who + " was killed") : e;
        }
    }

    /** Whether the process of a pidfd has ended. */
    boolean hasEnded(Fd pidfd) {
        return Poll.isReadable(pidfd, 0);
    }

    /** Closes every descriptor. */
    void closeAll() {
        holdings.closeAll();
    }
}
