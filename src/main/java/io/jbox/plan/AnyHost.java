package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.List;

/** Steps of programs for hosts that nobody has looked at: what such a host has is looked at when they run. */
final class AnyHost {
    private static final Arg.Cell PROCESSOR = new Arg.Cell("processor", 8);
    private static final Arg.Cell DIGITS = new Arg.Cell("processor-digits", 8);
    private static final Arg.Cell LOOKED = new Arg.Cell("mask-looked", 8);
    private static final Arg.Cell MISSING = new Arg.Cell("processors-missing", 8);
    private static final int MOST_MISSING = 64;
    /** Whether the empty folder is somewhere. */
    private static final Arg.Cell IS_MOUNTED = new Arg.Cell("empty-is-mounted", 8);

    private static final Arg.Cell END = new Arg.Cell("processor-end", 8);
    private static final Loop.Label LOOP = new Loop.Label("processors");
    private static final String PREFIX = "devices/system/cpu/cpu";

    private AnyHost() {}

    /** Takes a step only where there is something of a name in a folder. */
    static Step ifThere(Step step, Descriptor folder, String name) {
        // Whatever else is wrong is said by the step itself.
        List<Statement> body = List.of(
                Call.may(FACCESSAT, fd(folder), text(name), number(0)).into(LOOKED),
                new Branch(Memory.compare(LOOKED, -Errno.ENOENT, Integer.BYTES), Sign.POSITIVE, step.body()));
        return new Step(step.actor(), step.subject(), step.place(), body, step.hints(), step.code());
    }

    /** Mounts an empty folder over one that there may be. */
    static Step maskFolder(Descriptor empty, Descriptor folder, String prefix, String name, Place place) {
        Step.Draft step = Step.by(Actor.INIT, "mask \"" + prefix + name + "\"", place);
        return ifThere(step.add(mask(empty, folder, text(name))).build(), folder, name);
    }

    /** The first time the empty folder itself; a mount that is nowhere yet cannot be copied before Linux 6.15. */
    private static Statement[] mask(Descriptor empty, Descriptor folder, Arg path) {
        Descriptor copy = new Descriptor("mask-copy");
        return new Statement[] {
            Branch.when(
                    Memory.compare(IS_MOUNTED, 1, Long.BYTES),
                    Sign.ZERO,
                    Call.must(OPEN_TREE, fd(empty), text(""), flags(OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC, AT_EMPTY_PATH))
                            .opens(copy),
                    attach(copy, folder, path),
                    Call.may(CLOSE, fd(copy))),
            Branch.when(
                    Memory.compare(IS_MOUNTED, 0, Long.BYTES),
                    Sign.ZERO,
                    attach(empty, folder, path),
                    Memory.set(IS_MOUNTED, number(1)))
        };
    }

    private static Call attach(Descriptor mount, Descriptor folder, Arg path) {
        return Call.must(MOVE_MOUNT, fd(mount), text(""), fd(folder), path, flags(MOVE_MOUNT_F_EMPTY_PATH));
    }

    /** Hides how often processors were throttled, which counts what others do on them. */
    static Step maskProcessors(Descriptor empty, Place place) {
        // The process that has made this one, and shares its memory, reads nothing before it has ended.
        Arg path = Scratch.content();
        Arg digits = Scratch.content(PREFIX.length());
        return Step.by(Actor.INIT, "mask \"" + Masks.PROCESSORS + "/cpuN/" + Masks.THERMAL + "\"", place)
                .add(
                        Memory.set(PROCESSOR, number(0)),
                        Loop.of(
                                LOOP,
                                Memory.text(path, text(PREFIX)),
                                Memory.digits(digits, new Arg.ValueOf(PROCESSOR))
                                        .into(DIGITS),
                                Branch.when(
                                        Call.may(FACCESSAT, fd(Descriptors.SYS), path, number(0)),
                                        Sign.NEGATIVE,
                                        // Numbers may be missing.
                                        Memory.add(PROCESSOR, 1),
                                        Memory.add(MISSING, 1),
                                        Branch.when(
                                                Memory.compare(MISSING, MOST_MISSING, Integer.BYTES),
                                                Sign.ZERO,
                                                Jump.leave(LOOP)),
                                        Jump.again(LOOP)),
                                Memory.set(END, digits),
                                Memory.add(END, new Arg.ValueOf(DIGITS)),
                                Memory.text(new Arg.ValueOf(END), text("/" + Masks.THERMAL)),
                                Branch.when(
                                        Call.may(FACCESSAT, fd(Descriptors.SYS), path, number(0)),
                                        Sign.ZERO,
                                        mask(empty, Descriptors.SYS, path)),
                                Memory.add(PROCESSOR, 1),
                                Jump.again(LOOP)))
                .build();
    }
}
