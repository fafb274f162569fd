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

import io.jbox.facts.KnownBox;
import io.jbox.facts.LaunchFacts;
import io.jbox.facts.Validity;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.ForegroundEffect;
import io.jbox.program.Plan;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The checks of compiled starts and runs before they make a box, and the locks on its trees. */
final class LaunchChecks {
    private static final Descriptor ROOT = new Descriptor("naming-root");

    private final LaunchFacts facts;
    private final Validity validity;

    LaunchChecks(LaunchFacts facts, Validity validity) {
        this.facts = facts;
        this.validity = validity;
    }

    /**
     * Refuses a plan with a part that has no compiled form.
     *
     * @param done effects that the program handles itself
     */
    static void refuse(Plan plan, Set<Class<? extends Effect>> done) throws NotCompiledException {
        for (Step step : plan.steps(Actor.JBOX)) {
            for (Effect effect : step.effects()) {
                // AttendSteps handles what jbox does while a command runs.
                if (!(effect instanceof ForegroundEffect) && !done.contains(effect.getClass())) {
                    throw new NotCompiledException("its plan has a step that is not compiled: " + step.subject());
                }
            }
        }
    }

    /** Checks that everything is unchanged, except the lines of books. */
    void look(List<Step> steps) {
        Words.variables(facts.variables(), steps);
        ValiditySteps.add(validity, steps);
        ValiditySteps.folders(facts.folders(), steps);
        ValiditySteps.present(facts.present(), steps);
        NetworkValiditySteps.add(facts.network(), steps);
        for (KnownBox layer : facts.naming()) {
            steps.add(naming(layer));
        }
    }

    /**
     * Locks the books. A process that changes a book may reassign what no box uses. So under this lock the program
     * first records that the box is in use, and then checks its lines.
     */
    void lockBooks(List<Step> steps) {
        Step.Draft lock = Step.by(Actor.JBOX, "lock jbox's records", Place.DEFAULT);
        for (int i = 0; i < facts.lines().size(); i++) {
            String path = facts.lines().get(i).lock();
            lock.open(book(i), OPENAT, cwd(), text(path), flags(O_RDWR, O_NOFOLLOW, O_CLOEXEC))
                    .call(FLOCK, fd(book(i)), flags(LOCK_SH, LOCK_NB));
        }
        steps.add(lock.build());
    }

    private static Descriptor book(int number) {
        return new Descriptor("book-lock-" + number);
    }

    /** Checks that the ids and addresses still belong to the box, and unlocks the books. */
    void lines(List<Step> steps) {
        Step.Draft unlock = Step.by(Actor.JBOX, "unlock jbox's records", Place.DEFAULT);
        for (int i = 0; i < facts.lines().size(); i++) {
            ValiditySteps.line(facts.lines().get(i), steps);
            unlock.call(CLOSE, fd(book(i)));
        }
        steps.add(unlock.build());
    }

    /** Checks that files that are covered by mounts, or that a login depends on, are unchanged. */
    static Step naming(KnownBox layer) {
        Step.Draft step = Step.by(
                        Actor.JBOX, "check the files for name resolution in the root file system", Place.DEFAULT)
                .open(
                        ROOT,
                        OPENAT2,
                        cwd(),
                        text(layer.folder()),
                        struct(
                                Arg.Field.of("flags", flags(O_PATH, O_DIRECTORY, O_CLOEXEC)),
                                Arg.Field.zero(8),
                                Arg.Field.of("resolve", flags(RESOLVE_NO_SYMLINKS))),
                        number(24));
        FindSteps.below(step, ROOT, layer);
        return step.call(CLOSE, fd(ROOT)).build();
    }

    /** The effect that keeps the owners of files as they are. */
    Step hold(Step step) {
        return Step.by(Actor.JBOX, step.subject(), step.place())
                .add(holdTrees(facts.locks()).toArray(new Statement[0]))
                .build();
    }

    static List<Statement> holdTrees(LaunchFacts.Locks locks) {
        List<Statement> hold = new ArrayList<>();
        hold.add(Call.must(OPENAT, cwd(), text(locks.file()), flags(O_RDWR, O_CREAT, O_NOFOLLOW, O_CLOEXEC), mode(0600))
                .opens(Descriptors.TREE_LOCKS));
        for (long at : locks.bytes()) {
            Arg lock = struct(
                    Arg.Field.of("l_type", flags(F_RDLCK)),
                    Arg.Field.of("l_start", number(at)),
                    Arg.Field.of("l_len", number(1)),
                    Arg.Field.zero(8));
            hold.add(Call.must(FCNTL, fd(Descriptors.TREE_LOCKS), flags(F_OFD_SETLK), lock));
        }
        return hold;
    }
}
