package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.facts.Launch;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/** Looks whether the caller's standard descriptors are what a program was compiled for. */
final class StreamSteps {
    private static final Arg.Cell[] STATUS = {
        new Arg.Cell("statx-0", 256), new Arg.Cell("statx-1", 256), new Arg.Cell("statx-2", 256)
    };
    private static final Arg.Cell FOREGROUND = new Arg.Cell("foreground-group", 8);
    private static final Arg.Cell GROUP = new Arg.Cell("own-group", 8);
    private static final int INODE = 32;
    private static final int RDEV = 128;
    private static final int DEVICE = 136;

    private StreamSteps() {}

    static void check(List<Launch.Stream> streams, List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "look at the standard descriptors", Place.DEFAULT);
        for (int standard = 0; standard <= 2; standard++) {
            look(standard, Words.changed()).forEach(step::add);
        }
        conditions(streams, false, Words.changed()).forEach(step::add);
        steps.add(step.build());
    }

    /**
     * Looks what a standard descriptor is.
     *
     * @param folder what is done where it is one
     */
    static List<Statement> look(int standard, Statement... folder) {
        List<Statement> all = new ArrayList<>(List.of(Call.must(
                STATX, number(standard), text(""), flags(AT_EMPTY_PATH), flags(STATX_BASIC_STATS), STATUS[standard])));
        Arg.Cell type = new Arg.Cell("type-" + standard, 8);
        all.addAll(Lookup.fileType(STATUS[standard], type));
        all.add(Branch.when(Memory.compare(type, Lookup.FOLDER, 1), Sign.ZERO, folder));
        return all;
    }

    /**
     * Does something unless the descriptors are of a kind.
     *
     * @param background whether input may be a terminal that others have in the foreground
     */
    static List<Statement> conditions(List<Launch.Stream> streams, boolean background, Statement otherwise) {
        List<Statement> all = new ArrayList<>();
        boolean hasConsole = streams.get(0) == Launch.Stream.CONSOLE;
        for (int standard = 0; standard <= 2; standard++) {
            boolean console = streams.get(standard) == Launch.Stream.CONSOLE;
            boolean any = !hasConsole && (standard > 0 || background);
            if (!any) {
                // Where input is no terminal of the caller's foreground, output to one goes through a pipe.
                all.add(Branch.when(
                        Call.may(IOCTL, number(standard), flags(TCGETS), Scratch.content()),
                        console ? Sign.NEGATIVE : Sign.NOT_NEGATIVE,
                        otherwise));
            }
        }
        if (hasConsole) {
            all.add(Branch.when(Call.may(IOCTL, number(0), flags(TIOCGPGRP), FOREGROUND), Sign.NEGATIVE, otherwise));
            all.add(Call.must(GETPGID, number(0)).into(GROUP));
            all.add(Branch.when(Memory.same(FOREGROUND, GROUP, Integer.BYTES), Sign.POSITIVE, otherwise));
        }
        boolean isSame = streams.get(2) == Launch.Stream.SAME;
        Memory inode = Memory.same(new Arg.Part(STATUS[1], INODE), new Arg.Part(STATUS[2], INODE), 8);
        Memory device = Memory.same(new Arg.Part(STATUS[1], DEVICE), new Arg.Part(STATUS[2], DEVICE), 8);
        if (isSame) {
            all.add(Branch.when(inode, Sign.POSITIVE, otherwise));
            all.add(Branch.when(device, Sign.POSITIVE, otherwise));
            all.add(Branch.when(isNull(1), Sign.ZERO, otherwise));
        } else if (streams.get(1) == Launch.Stream.PIPE && streams.get(2) == Launch.Stream.PIPE) {
            all.add(Branch.when(
                    inode,
                    Sign.ZERO,
                    Branch.when(device, Sign.ZERO, Branch.when(isNull(1), Sign.POSITIVE, otherwise))));
        }
        return all;
    }

    /** Puts the box's own /dev/null in the place of a pipe where a standard descriptor of the caller is the host's. */
    static List<Step> withNull(Config config, List<Step> steps) {
        List<Step> replaced = new ArrayList<>();
        for (Step step : steps) {
            List<Statement> body = new ArrayList<>();
            for (Statement statement : step.body()) {
                body.add(statement);
                for (int standard = 0; standard <= 2; standard++) {
                    if (isPipe(statement, standard)) {
                        body.add(new Branch(
                                isNull(standard), Sign.ZERO, List.copyOf(ProcessSteps.ownNull(config, standard))));
                    }
                }
            }
            replaced.add(new Step(step.actor(), step.subject(), step.place(), body, step.hints(), step.code()));
        }
        return replaced;
    }

    private static boolean isPipe(Statement statement, int standard) {
        return statement instanceof Call call
                && call.syscall() == DUP3
                && call.arguments().get(0).equals(fd(Descriptors.pipeInside(standard)));
    }

    /** Closes the box's ends of pipes, so that their end is seen. */
    static void leave(List<Launch.Stream> streams, List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "close the box's ends of the pipes", Place.DEFAULT);
        for (int standard = 0; standard < streams.size(); standard++) {
            if (streams.get(standard) == Launch.Stream.PIPE) {
                step.call(CLOSE, fd(Descriptors.pipeInside(standard)));
            }
        }
        steps.add(step.build());
    }

    /** Gives 0 for a device 1:3, which only /dev/null is; a file that is none has the number 0:0. */
    private static Memory isNull(int standard) {
        Arg device = struct(new Arg.Field("major", 4, number(1)), new Arg.Field("minor", 4, number(3)));
        return Memory.same(new Arg.Part(STATUS[standard], RDEV), device, 8);
    }
}
