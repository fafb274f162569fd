package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.KnownTerminal;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Memory;
import io.jbox.program.ProcArg;
import io.jbox.program.Sign;
import io.jbox.program.Step;
import java.util.List;

/** Opens a pseudo terminal in a box's own devpts for a command, if the box's /dev/pts/ptmx really belongs to one. */
final class BoxTerminalSteps {
    private static final Descriptor PLACE = new Descriptor("ptmx");
    private static final Arg.Cell STATUS = new Arg.Cell("ptmx-statx", 256);
    private static final Arg.Cell FILE_SYSTEM = new Arg.Cell("ptmx-statfs", 128);
    private static final Arg.Cell TYPE = new Arg.Cell("ptmx-type", 8);
    private static final int RDEV = 128;
    private static final int TTYAUX_MAJOR = 5;
    private static final int PTMX_MINOR = 2;
    private static final int TERMINAL_MODE = 0620;

    private BoxTerminalSteps() {}

    /** Opens MASTER and CONSOLE; needs TARGET_ROOT. */
    static void open(KnownTerminal terminal, List<Step> steps) {
        Arg device = struct(
                new Arg.Field("major", Integer.BYTES, number(TTYAUX_MAJOR)),
                new Arg.Field("minor", Integer.BYTES, number(PTMX_MINOR)));
        Step.Draft step = Step.by(Actor.JBOX, "open a pseudo terminal of the box", Place.DEFAULT)
                .open(
                        PLACE,
                        OPENAT2,
                        fd(Descriptors.TARGET_ROOT),
                        text("dev/pts/ptmx"),
                        struct(
                                Arg.Field.of("flags", flags(O_PATH, O_CLOEXEC)),
                                Arg.Field.zero(8),
                                Arg.Field.of("resolve", flags(RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS))),
                        number(24))
                .call(STATX, fd(PLACE), text(""), flags(AT_EMPTY_PATH), flags(STATX_BASIC_STATS), STATUS);
        Lookup.fileType(STATUS, TYPE).forEach(step::add);
        step.add(Branch.when(Memory.compare(TYPE, Lookup.CHARACTER_DEVICE, 1), Sign.POSITIVE, Words.changed()))
                .add(ValiditySteps.differs(new Arg.Part(STATUS, RDEV), device, 2 * Integer.BYTES))
                .call(FSTATFS, fd(PLACE), FILE_SYSTEM)
                .add(Branch.when(
                        Memory.compare(FILE_SYSTEM, flags(DEVPTS_SUPER_MAGIC), Long.BYTES),
                        Sign.POSITIVE,
                        Words.changed()))
                .open(
                        Descriptors.MASTER,
                        OPENAT,
                        cwd(),
                        new ProcArg.DescriptorPaths(List.of(PLACE), ""),
                        flags(O_RDWR, O_NOCTTY, O_NONBLOCK, O_CLOEXEC))
                .call(
                        IOCTL,
                        fd(Descriptors.MASTER),
                        flags(TIOCSPTLCK),
                        struct(new Arg.Field("unlocked", Integer.BYTES, number(0))))
                .open(
                        Descriptors.CONSOLE,
                        IOCTL,
                        fd(Descriptors.MASTER),
                        flags(TIOCGPTPEER),
                        flags(O_RDWR, O_NOCTTY, O_CLOEXEC))
                .add(Branch.when(
                        Call.may(
                                FCHOWN,
                                fd(Descriptors.CONSOLE),
                                number(terminal.owner().number()),
                                number(terminal.group().number())),
                        Sign.NOT_NEGATIVE,
                        Call.may(FCHMOD, fd(Descriptors.CONSOLE), DataArg.mode(TERMINAL_MODE))));
        CallersTerminal.resize().forEach(step::add);
        steps.add(step.build());
    }
}
