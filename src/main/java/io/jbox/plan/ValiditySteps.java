package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.BookLine;
import io.jbox.facts.Validity;
import io.jbox.problem.Place;
import io.jbox.problem.RawText;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Checks that everything is the same as when a program was compiled. Small files are compared byte by byte: times can
 * be set back, and have only the resolution of the kernel's tick.
 */
final class ValiditySteps {
    private static final Loop.Label LINE_LOOP = new Loop.Label("line");
    private static final Loop.Label LINE_REST_LOOP = new Loop.Label("line-rest");
    private static final Arg CONTENT = Scratch.content();
    private static final Arg.Cell LENGTH = new Arg.Cell("content-length", 8);
    private static final Arg.Cell STATUS = new Arg.Cell("statx", 256);
    private static final Arg.Cell RESULT = new Arg.Cell("looked", 8);
    private static final Descriptor CHECKED = new Descriptor("checked");
    private static final long ENOENT = -2;
    /** Owner, group, mode, padding, inode and size; then ctime and mtime; then the device. */
    private static final int[][] COMPARED = {{20, 28}, {96, 32}, {136, 8}};

    /** Owner, group, mode, padding and inode; then the device. */
    private static final int[][] OF_FOLDERS = {{20, 20}, {136, 8}};

    private ValiditySteps() {}

    static void add(Validity validity, List<Step> steps) {
        Step.Draft process = Step.by(Actor.JBOX, "look whether the caller is the same", Place.DEFAULT);
        for (Map.Entry<String, String> link : validity.links().entrySet()) {
            byte[] target = RawText.encode(link.getValue());
            process.add(
                    Call.must(READLINKAT, cwd(), text(link.getKey()), CONTENT, number(Scratch.PLACE))
                            .into(LENGTH),
                    differs(LENGTH, target.length),
                    differs(CONTENT, target, link.getKey()));
        }
        for (Map.Entry<String, byte[]> limit : validity.limits().entrySet()) {
            process.add(
                    Call.must(PRLIMIT64, number(0), flags(Flag.ofLimit(limit.getKey())), Arg.nothing(), CONTENT),
                    differs(CONTENT, limit.getValue(), "limit"));
        }
        Arg header = struct(new Arg.Field("version", 4, flags(_LINUX_CAPABILITY_VERSION_3)), Arg.Field.zero(4));
        process.add(Call.must(CAPGET, header, CONTENT), differs(CONTENT, validity.capabilities(), "capabilities"));
        steps.add(process.build());
        Step.Draft files = Step.by(Actor.JBOX, "look whether the files are the same", Place.DEFAULT);
        identities(validity.identities(), flags(AT_STATX_DONT_SYNC), files);
        // Checked before they are opened, so that a file replaced by a pipe does not block.
        identities(validity.own(), flags(AT_STATX_DONT_SYNC, AT_SYMLINK_NOFOLLOW), files);
        for (Map.Entry<String, byte[]> file : validity.contents().entrySet()) {
            content(
                    files,
                    Call.must(OPENAT, cwd(), text(file.getKey()), flags(O_RDONLY, O_NONBLOCK, O_NOCTTY, O_CLOEXEC)),
                    file.getValue(),
                    file.getKey());
        }
        for (String path : validity.absent()) {
            Arg flags = flags(AT_STATX_DONT_SYNC, AT_SYMLINK_NOFOLLOW);
            absent(files, Call.may(STATX, cwd(), text(path), flags, flags(STATX_BASIC_STATS), STATUS));
        }
        steps.add(files.build());
    }

    private static void identities(Map<String, byte[]> identities, Arg how, Step.Draft step) {
        for (Map.Entry<String, byte[]> file : identities.entrySet()) {
            step.call(STATX, cwd(), text(file.getKey()), how, flags(STATX_BASIC_STATS), STATUS);
            for (int[] part : COMPARED) {
                byte[] bytes = new byte[part[1]];
                System.arraycopy(file.getValue(), part[0], bytes, 0, part[1]);
                step.add(differs(new Arg.Part(STATUS, part[0]), bytes, "statx"));
            }
        }
    }

    /** Checks that folders are the same, regardless of their content. */
    static void folders(Map<String, byte[]> folders, List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "look whether the folders are the same", Place.DEFAULT);
        for (Map.Entry<String, byte[]> folder : folders.entrySet()) {
            step.call(STATX, cwd(), text(folder.getKey()), flags(AT_STATX_DONT_SYNC), flags(STATX_BASIC_STATS), STATUS);
            sameFolder(folder.getValue()).forEach(step::add);
        }
        steps.add(step.build());
    }

    /** Checks that a folder is the same if it exists; the step that opens it reports a missing one. */
    static Step sameFolder(String path, byte[] status) {
        Call look = Call.may(STATX, cwd(), text(path), flags(AT_STATX_DONT_SYNC), flags(STATX_BASIC_STATS), STATUS);
        return Step.by(Actor.JBOX, "look at \"" + path + "\"", Place.DEFAULT)
                .add(new Branch(look, Sign.NOT_NEGATIVE, sameFolder(status)))
                .build();
    }

    private static List<Statement> sameFolder(byte[] status) {
        List<Statement> all = new ArrayList<>();
        for (int[] part : OF_FOLDERS) {
            byte[] bytes = new byte[part[1]];
            System.arraycopy(status, part[0], bytes, 0, part[1]);
            all.add(differs(new Arg.Part(STATUS, part[0]), bytes, "statx"));
        }
        return all;
    }

    static void present(List<String> paths, List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "look whether all is still there", Place.DEFAULT);
        for (String path : paths) {
            step.call(FACCESSAT, cwd(), text(path), number(0));
        }
        steps.add(step.build());
    }

    /** Checks that a file contains a line; its other lines may change. */
    static void line(BookLine line, List<Step> steps) {
        Arg.Cell at = new Arg.Cell("line-at", 8);
        Arg.Cell end = new Arg.Cell("line-end", 8);
        String text = line.text() + "\n";
        List<Statement> search = List.of(
                Branch.when(Memory.same(at, end, Long.BYTES), Sign.ZERO, Words.changed()),
                Branch.when(
                        Memory.same(new Arg.ValueOf(at), text(text), RawText.encode(text).length),
                        Sign.ZERO,
                        Jump.leave(LINE_LOOP)),
                Loop.of(
                        LINE_REST_LOOP,
                        Branch.when(Memory.same(at, end, Long.BYTES), Sign.ZERO, Jump.leave(LINE_REST_LOOP)),
                        Memory.copy(RESULT, new Arg.ValueOf(at), 1),
                        Memory.add(at, 1),
                        Branch.when(Memory.compare(RESULT, '\n', 1), Sign.ZERO, Jump.leave(LINE_REST_LOOP)),
                        Jump.again(LINE_REST_LOOP)),
                Jump.again(LINE_LOOP));
        steps.add(Step.by(Actor.JBOX, "look whether the box has its line in " + line.file(), Place.DEFAULT)
                .add(
                        Call.must(OPENAT, cwd(), text(line.file()), flags(O_RDONLY, O_CLOEXEC))
                                .opens(CHECKED),
                        Call.must(READ, fd(CHECKED), CONTENT, number(Scratch.PLACE))
                                .into(LENGTH),
                        Memory.set(at, CONTENT),
                        Memory.set(end, CONTENT),
                        Memory.add(end, new Arg.ValueOf(LENGTH)),
                        new Loop(LINE_LOOP, search),
                        Call.may(CLOSE, fd(CHECKED)))
                .build());
    }

    /** Opens a file, compares all of it, and closes it. */
    static void content(Step.Draft step, Call open, byte[] bytes, String name) {
        step.add(
                open.opens(CHECKED),
                Call.must(READ, fd(CHECKED), CONTENT, number(Scratch.PLACE)).into(LENGTH),
                differs(LENGTH, bytes.length),
                differs(CONTENT, bytes, name),
                Call.may(CLOSE, fd(CHECKED)));
    }

    /** Checks that a call finds nothing. */
    static void absent(Step.Draft step, Call call) {
        step.add(
                call.into(RESULT),
                Branch.when(
                        Memory.same(RESULT, struct(new Arg.Field("ENOENT", 4, number(ENOENT))), Integer.BYTES),
                        Sign.POSITIVE,
                        Words.changed()));
    }

    static Statement differs(Arg.Cell cell, long number) {
        return Branch.when(Memory.compare(cell, number, Integer.BYTES), Sign.POSITIVE, Words.changed());
    }

    /** Gives up unless two places in memory begin with the same bytes. */
    static Statement differs(Arg one, Arg other, int bytes) {
        return Branch.when(Memory.same(one, other, bytes), Sign.POSITIVE, Words.changed());
    }

    private static Statement differs(Arg place, byte[] bytes, String name) {
        return Branch.when(
                Memory.same(place, new DataArg.Data(name, bytes), bytes.length), Sign.POSITIVE, Words.changed());
    }
}
