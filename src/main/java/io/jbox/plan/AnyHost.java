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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Steps of programs for hosts whose facts are unknown when the plan is made; the program checks the host when it runs.
 */
final class AnyHost {
    private static final Arg.Cell PROCESSOR = new Arg.Cell("processor", 8);
    private static final Arg.Cell DIGITS = new Arg.Cell("processor-digits", 8);
    private static final Arg.Cell LOOKED = new Arg.Cell("mask-looked", 8);
    /** One more than the highest number. */
    private static final Arg.Cell PROCESSORS = new Arg.Cell("processors", 8);
    /** Whether the empty folder is mounted anywhere. */
    private static final Arg.Cell IS_MOUNTED = new Arg.Cell("empty-is-mounted", 8);

    private static final Arg.Cell LENGTH = new Arg.Cell("ranges-length", 8);
    private static final Arg.Cell KIND = new Arg.Cell("range-kind", 8);
    /** The table's entry for characters that are not digits. */
    private static final byte SEPARATOR = 0x7f;

    private static final byte LAST = 0x7e;

    private static final Arg.Cell END = new Arg.Cell("processor-end", 8);
    private static final Loop.Label LOOP = new Loop.Label("processors");
    private static final Loop.Label RANGES_LOOP = new Loop.Label("ranges");
    private static final String FOLDER = "devices/system/cpu/";
    private static final String PREFIX = FOLDER + "cpu";
    private static final int MOST_RANGES = 4096;
    /** How many processor numbers to try if the host does not say how many there are. */
    private static final int FEW = 64;

    private AnyHost() {}

    /** Executes a step only if a folder contains this name. */
    static Step ifThere(Step step, Descriptor folder, String name) {
        // Any other error is reported by the step itself.
        List<Statement> body = List.of(
                Call.may(FACCESSAT, fd(folder), text(name), number(0)).into(LOOKED),
                new Branch(Memory.compare(LOOKED, -Errno.ENOENT, Integer.BYTES), Sign.POSITIVE, step.body()));
        return new Step(step.actor(), step.subject(), step.place(), body, step.hints(), step.code());
    }

    /** Mounts an empty folder over another one, if that exists. */
    static Step maskFolder(Descriptor empty, Descriptor folder, String prefix, String name, Place place) {
        Step.Draft step = Step.by(Actor.INIT, "mask \"" + prefix + name + "\"", place);
        return ifThere(step.add(mask(empty, folder, text(name))).build(), folder, name);
    }

    /**
     * The first time attaches the empty folder itself: before Linux 6.15, a mount that is not attached cannot be
     * copied.
     */
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

    /** Hides how often processors were throttled, which reveals the activity of other users. */
    static Step maskProcessors(Descriptor empty, Place place) {
        // The parent, which shares this memory, does not use it before this process has ended.
        Arg path = Scratch.content();
        Arg digits = Scratch.content(PREFIX.length());
        Step.Draft step = Step.by(Actor.INIT, "mask \"" + Masks.PROCESSORS + "/cpuN/" + Masks.THERMAL + "\"", place);
        count(step);
        return step.add(
                        Memory.set(PROCESSOR, number(0)),
                        Loop.of(
                                LOOP,
                                Branch.when(
                                        Memory.same(PROCESSOR, PROCESSORS, Long.BYTES), Sign.ZERO, Jump.leave(LOOP)),
                                Memory.text(path, text(PREFIX)),
                                Memory.digits(digits, new Arg.ValueOf(PROCESSOR))
                                        .into(DIGITS),
                                Memory.set(END, digits),
                                Memory.add(END, new Arg.ValueOf(DIGITS)),
                                Memory.text(new Arg.ValueOf(END), text("/" + Masks.THERMAL)),
                                // The numbering may have gaps.
                                Branch.when(
                                        Call.may(FACCESSAT, fd(Descriptors.SYS), path, number(0)),
                                        Sign.ZERO,
                                        mask(empty, Descriptors.SYS, path)),
                                Memory.add(PROCESSOR, 1),
                                Jump.again(LOOP)))
                .build();
    }

    /** Reads the highest processor number: the last number of ranges such as {@code 0-3,8-11}. */
    private static void count(Step.Draft step) {
        Descriptor file = new Descriptor("possible-processors");
        Arg ranges = Scratch.content();
        byte[] kinds = new byte[256];
        Arrays.fill(kinds, SEPARATOR);
        for (int i = 0; i < 10; i++) {
            kinds['0' + i] = (byte) i;
        }
        kinds['\n'] = LAST;
        List<Statement> loop = new ArrayList<>(List.of(Memory.copy(KIND, new Arg.ValueOf(END), 1), Memory.add(END, 1)));
        loop.addAll(Lookup.replace(KIND, kinds));
        loop.addAll(List.of(
                Branch.when(Memory.compare(KIND, LAST, 1), Sign.ZERO, Jump.leave(RANGES_LOOP)),
                Branch.when(
                        Memory.compare(KIND, SEPARATOR, 1),
                        Sign.ZERO,
                        Memory.set(PROCESSORS, number(0)),
                        Jump.again(RANGES_LOOP))));
        loop.addAll(DecimalWord.append(KIND, PROCESSORS));
        loop.add(Jump.again(RANGES_LOOP));
        Arg path = text(FOLDER + "possible");
        step.add(
                Memory.set(PROCESSORS, number(FEW)),
                Branch.when(
                        Call.may(FACCESSAT, fd(Descriptors.SYS), path, number(0)),
                        Sign.ZERO,
                        Call.must(OPENAT, fd(Descriptors.SYS), path, flags(O_RDONLY, O_CLOEXEC))
                                .opens(file),
                        Memory.set(LENGTH, number(0)),
                        Branch.when(
                                Call.may(READ, fd(file), ranges, number(MOST_RANGES))
                                        .into(LENGTH),
                                Sign.POSITIVE,
                                Memory.set(PROCESSORS, number(0)),
                                Memory.set(KIND, number(0)),
                                // Ends the text, since old content may follow.
                                Memory.set(END, ranges),
                                Memory.add(END, new Arg.ValueOf(LENGTH)),
                                Memory.text(new Arg.ValueOf(END), text("\n")),
                                Memory.set(END, ranges),
                                Loop.of(RANGES_LOOP, loop.toArray(new Statement[0])),
                                Memory.add(PROCESSORS, 1)),
                        Call.may(CLOSE, fd(file))));
    }
}
