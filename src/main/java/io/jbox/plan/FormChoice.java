package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.Form;
import io.jbox.facts.HostFacts;
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
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The forms of a stand-alone program. The program determines at run time which form applies, and executes the steps of
 * that form. The steps of all forms are merged; a step that only some forms have is in a branch.
 *
 * <p>Each set of forms that share a step has a byte, which is 1 if the program is in one of these forms.
 */
final class FormChoice {
    private static final Loop.Label FORMS_LOOP = new Loop.Label("forms");
    private static final int MOST_SETS = 128;
    private static final Arg.Cell FORM = new Arg.Cell("form", 8);
    private static final Arg.Cell IS_IN = new Arg.Cell("form-sets", MOST_SETS);
    /** The mount point of cgroups on any host. */
    private static final String CGROUPS = "/sys/fs/cgroup";

    private final String box;
    private final List<Form> forms;
    private final List<BitSet> sets = new ArrayList<>();

    FormChoice(String box, List<Form> forms) {
        this.box = box;
        this.forms = List.copyOf(forms);
    }

    /** Merges the steps of all forms, in their order. */
    List<Variants.Part<Step>> merge(List<List<Step>> each) {
        List<Variants.Part<Step>> parts = Variants.merge(each);
        for (Variants.Part<Step> part : parts) {
            if (!sets.contains(part.whose()) && part.whose().cardinality() < forms.size()) {
                sets.add(part.whose());
            }
        }
        if (sets.size() > MOST_SETS) {
            throw new IllegalStateException(sets.size() + " sets of forms");
        }
        return parts;
    }

    /** Executes a part only in the forms that have it. */
    Statement only(Variants.Part<Step> part, List<? extends Statement> does) {
        return new Branch(
                Memory.compare(new Arg.Part(IS_IN, sets.indexOf(part.whose())), 1, 1), Sign.ZERO, List.copyOf(does));
    }

    /** Whether all forms have a part. */
    boolean isCommon(Variants.Part<Step> part) {
        return part.whose().cardinality() == forms.size();
    }

    /** The merged steps; those that only some forms have are in branches. */
    List<Step> steps(Actor actor, List<Variants.Part<Step>> parts) {
        List<Step> steps = new ArrayList<>();
        for (Variants.Part<Step> part : parts) {
            if (isCommon(part)) {
                steps.addAll(part.content());
            } else {
                steps.add(Step.by(actor, part.content().get(0).subject(), Place.DEFAULT)
                        .add(only(part, part.content()))
                        .build());
            }
        }
        return steps;
    }

    /** Determines the form. All parts must have been merged before. */
    List<Step> find() {
        List<Step> steps = new ArrayList<>();
        Step.Draft open = Step.by(Actor.JBOX, "have three standard descriptors", Place.DEFAULT);
        for (int standard = 0; standard <= 2; standard++) {
            // open(2) returns the lowest free number. /dev/zero is opened for reading, so that writing to a closed
            // standard output still fails; /dev/null would be replaced by the box's own.
            String path = standard == 1 ? "/dev/zero" : "/dev/null";
            open.add(Branch.when(
                    Call.may(FCNTL, number(standard), flags(F_GETFD)),
                    Sign.NEGATIVE,
                    Call.must(OPENAT, cwd(), text(path), flags(O_RDONLY))));
        }
        steps.add(open.build());
        Step.Draft look = Step.by(Actor.JBOX, "look at the standard descriptors", Place.DEFAULT);
        for (int standard = 0; standard <= 2; standard++) {
            Statement[] folder = StandaloneWords.refuse(
                    "jbox: descriptor " + standard + " is a folder\n  hint: it is not passed on to a box\n");
            StreamSteps.look(standard, folder).forEach(look::add);
        }
        steps.add(look.build());
        steps.add(choose());
        Step.Draft have = Step.by(Actor.JBOX, "take the steps of this form", Place.DEFAULT);
        for (int form = 0; form < forms.size(); form++) {
            byte[] row = new byte[MOST_SETS];
            for (int set = 0; set < sets.size(); set++) {
                row[set] = (byte) (sets.get(set).get(form) ? 1 : 0);
            }
            have.add(Branch.when(
                    Memory.compare(FORM, form, Long.BYTES),
                    Sign.ZERO,
                    Memory.copy(IS_IN, new DataArg.Data("form " + form, row), MOST_SETS)));
        }
        steps.add(have.build());
        return steps;
    }

    /** Chooses the first form with matching streams and existing cgroups; forms with the same streams are adjacent. */
    private Step choose() {
        Step.Draft step = Step.by(Actor.JBOX, "look which streams and which cgroups there are", Place.DEFAULT);
        List<Statement> all = new ArrayList<>();
        Set<List<Launch.Stream>> kinds = new LinkedHashSet<>();
        forms.forEach(form -> kinds.add(form.streams()));
        for (List<Launch.Stream> kind : kinds) {
            Loop.Label loop = new Loop.Label("kind-" + kind);
            List<Statement> body = new ArrayList<>(StreamSteps.conditions(kind, true, Jump.leave(loop)));
            for (int form = 0; form < forms.size(); form++) {
                if (forms.get(form).streams().equals(kind)) {
                    body.add(unlessMissing(form));
                }
            }
            body.addAll(List.of(StandaloneWords.refuse("jbox: " + box
                    + ": the cgroups of this host are not those that this program was made for\n"
                    + "  hint: jbox compile -o makes one for this host\n")));
            all.add(new Loop(loop, List.copyOf(body)));
        }
        step.add(new Loop(FORMS_LOOP, List.copyOf(all)));
        return step.build();
    }

    /** Leaves the loop with a form if its cgroups exist. */
    private Statement unlessMissing(int form) {
        Loop.Label loop = new Loop.Label("form-" + form);
        List<Statement> body = new ArrayList<>();
        List<HostFacts.Hierarchy> hierarchies = forms.get(form).facts().hierarchies();
        for (HostFacts.Hierarchy hierarchy : hierarchies) {
            body.add(unless(hierarchy.path() + "/cgroup.procs", true, loop));
            body.add(unless(hierarchy.path() + "/cgroup.controllers", hierarchy.unified(), loop));
        }
        if (hierarchies.isEmpty()) {
            for (String path : List.of("/cgroup.procs", "/unified", "/memory", "/pids")) {
                body.add(unless(CGROUPS + path, false, loop));
            }
        }
        body.add(Memory.set(FORM, number(form)));
        body.add(Jump.leave(FORMS_LOOP));
        return new Loop(loop, List.copyOf(body));
    }

    private static Statement unless(String path, boolean exists, Loop.Label loop) {
        return Branch.when(
                Call.may(FACCESSAT, cwd(), text(path), number(0)),
                exists ? Sign.NEGATIVE : Sign.NOT_NEGATIVE,
                Jump.leave(loop));
    }
}
