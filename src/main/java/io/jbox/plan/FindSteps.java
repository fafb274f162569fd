package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.KnownBox;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Memory;
import io.jbox.program.ProcArg;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.uapi.Flag;
import java.util.List;
import java.util.Map;

/**
 * Finds a running box by the ids that its monitor keeps.
 *
 * <p>The monitor removes the ids before it reaps init. So if an id is there while the monitor's lock is held, and is
 * still there after a pidfd of the process was opened, the pidfd belongs to init.
 */
final class FindSteps {
    /** The ids of monitor and init. */
    static final Arg.Cell PIDS = new Arg.Cell("pids", 8);

    static final Arg.ValueOf INIT = new Arg.ValueOf(PIDS, Integer.BYTES, Integer.BYTES);

    private static final Arg.Cell AGAIN = new Arg.Cell("pids-again", 8);
    private static final Arg.Cell RESULT = new Arg.Cell("find-result", 8);

    private static final Descriptor PLACE = new Descriptor("compared-file");
    private static final Arg.Cell STATUS = new Arg.Cell("compared-statx", 256);
    private static final Arg.Cell TYPE = new Arg.Cell("compared-type", 8);
    private static final Descriptor FILE = new Descriptor("pids-file");
    private static final Descriptor LOCK = new Descriptor("lock-file");
    private static final int EWOULDBLOCK = -11;

    private FindSteps() {}

    /** Opens TARGET and TARGET_ROOT, and compares the files that a login depends on. */
    static void find(KnownBox box, List<Step> steps) {
        process(box.folder(), steps);
        ProcessPath path = new ProcessPath("root", "root");
        Step.Draft root = Step.by(Actor.JBOX, "open the box's root", Place.DEFAULT)
                .add(path.of(INIT).toArray(new Statement[0]))
                .open(Descriptors.TARGET_ROOT, OPENAT, cwd(), path.text(), flags(O_PATH, O_DIRECTORY, O_CLOEXEC))
                .add(Branch.when(
                        Call.may(
                                PPOLL,
                                Polled.readable(fd(Descriptors.TARGET)),
                                number(1),
                                Times.AT_ONCE,
                                Arg.nothing(),
                                number(8)),
                        Sign.NOT_ZERO,
                        Words.changed()));
        below(root, Descriptors.TARGET_ROOT, box);
        steps.add(root.build());
    }

    /**
     * Compares the files below a root; links cannot lead out of it. Only regular files are opened for reading, since a
     * terminal or a pipe could belong to another process.
     */
    static void below(Step.Draft step, Descriptor root, KnownBox box) {
        for (Map.Entry<String, byte[]> file : box.files().entrySet()) {
            step.open(PLACE, OPENAT2, inRoot(root, file.getKey(), O_PATH, O_CLOEXEC))
                    .call(STATX, fd(PLACE), text(""), flags(AT_EMPTY_PATH), flags(STATX_BASIC_STATS), STATUS);
            Lookup.fileType(STATUS, TYPE).forEach(step::add);
            step.add(Branch.when(Memory.compare(TYPE, Lookup.FILE, 1), Sign.POSITIVE, Words.changed()));
            Call open = Call.must(
                    OPENAT,
                    cwd(),
                    new ProcArg.DescriptorPaths(List.of(PLACE), ""),
                    flags(O_RDONLY, O_NONBLOCK, O_NOCTTY, O_CLOEXEC));
            ValiditySteps.content(step, open, file.getValue(), file.getKey());
            step.call(CLOSE, fd(PLACE));
        }
        for (String missing : box.missing()) {
            // A dangling link counts as present, too.
            ValiditySteps.absent(step, Call.may(OPENAT2, inRoot(root, missing, O_PATH, O_NOFOLLOW, O_CLOEXEC)));
        }
    }

    private static Arg[] inRoot(Descriptor root, String path, Flag... how) {
        return new Arg[] {
            fd(root),
            text(path),
            struct(
                    Arg.Field.of("flags", flags(how)),
                    Arg.Field.zero(8),
                    Arg.Field.of("resolve", flags(RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS))),
            number(24)
        };
    }

    /** Opens TARGET, a descriptor of init. */
    static void process(String folder, List<Step> steps) {
        steps.add(Step.by(Actor.JBOX, "find the box's first process", Place.DEFAULT)
                .open(FILE, OPENAT, cwd(), text(folder + "/pids"), flags(O_RDONLY, O_NOFOLLOW, O_CLOEXEC))
                .add(Call.must(PREAD64, fd(FILE), PIDS, number(8), number(0)).into(RESULT))
                .add(ValiditySteps.differs(RESULT, 8))
                .open(Descriptors.TARGET, PIDFD_OPEN, INIT, number(0))
                .open(LOCK, OPENAT, cwd(), text(folder + "/monitor.lock"), flags(O_RDWR, O_NOFOLLOW, O_CLOEXEC))
                .add(
                        Call.may(FLOCK, fd(LOCK), flags(LOCK_SH, LOCK_NB)).into(RESULT),
                        ValiditySteps.differs(RESULT, EWOULDBLOCK))
                .add(Call.must(PREAD64, fd(FILE), AGAIN, number(8), number(0)).into(RESULT))
                .add(ValiditySteps.differs(RESULT, 8))
                .add(Branch.when(Memory.same(PIDS, AGAIN, 8), Sign.POSITIVE, Words.changed()))
                .call(CLOSE, fd(FILE))
                .call(CLOSE, fd(LOCK))
                .build());
    }
}
