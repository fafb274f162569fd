package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.EnterRequest;
import io.jbox.facts.KnownTarget;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Descriptor;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * Opens the target of a compiled {@code nsenter}, given by its process id as a word; gives up if there is no such
 * process.
 */
final class TargetSteps {
    private static final Arg.Cell OWN = new Arg.Cell("own-user", 256);
    private static final Arg.Cell ITS = new Arg.Cell("its-user", 256);
    private static final int STX_INO = 32;

    private TargetSteps() {}

    /** The descriptors that are open afterwards. */
    static List<Descriptor> descriptors(EnterRequest.Folders folders) {
        List<Descriptor> all = new ArrayList<>(List.of(Descriptors.TARGET));
        if (folders.root()) {
            all.add(Descriptors.NEW_ROOT);
        }
        if (folders.working()) {
            all.add(Descriptors.NEW_FOLDER);
        }
        return all;
    }

    /** Opens the target. What was read below its /proc surely belongs to it if it still lives afterwards. */
    static Step open(EnterRequest request, KnownTarget target) {
        Step.Draft step = Step.by(Actor.JBOX, "open the target", Place.DEFAULT)
                .open(Descriptors.TARGET, PIDFD_OPEN, new Arg.ValueOf(Words.NUMBER, 0, Integer.BYTES), number(0));
        if (target != KnownTarget.ANY) {
            ProcessPath path = new ProcessPath("user", "ns/user");
            path.of(new Arg.ValueOf(Words.NUMBER)).forEach(step::add);
            step.call(STATX, cwd(), text("/proc/self/ns/user"), number(0), flags(STATX_BASIC_STATS), OWN)
                    .call(STATX, cwd(), path.text(), number(0), flags(STATX_BASIC_STATS), ITS);
            Sign unexpected = target == KnownTarget.SAME_USER ? Sign.POSITIVE : Sign.ZERO;
            step.add(Branch.when(
                    Memory.same(new Arg.Part(OWN, STX_INO), new Arg.Part(ITS, STX_INO), Long.BYTES),
                    unexpected,
                    Words.changed()));
        }
        if (request.folders().root()) {
            openFile(step, Descriptors.NEW_ROOT, "root");
        }
        if (request.folders().working()) {
            openFile(step, Descriptors.NEW_FOLDER, "cwd");
        }
        return step.call(PIDFD_SEND_SIGNAL, fd(Descriptors.TARGET), number(0), Arg.nothing(), number(0))
                .build();
    }

    private static void openFile(Step.Draft step, Descriptor descriptor, String name) {
        ProcessPath path = new ProcessPath(name, name);
        step.add(path.of(new Arg.ValueOf(Words.NUMBER)).toArray(new Statement[0]))
                .open(descriptor, OPENAT, cwd(), path.text(), flags(O_RDONLY, O_NONBLOCK, O_NOCTTY, O_CLOEXEC));
    }
}
