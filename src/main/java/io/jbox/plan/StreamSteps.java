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

/** Checks that the caller's standard descriptors are of the kind that a program was compiled for. */
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
     * Determines the type of a standard descriptor.
     *
     * @param folder what to do if it is a folder
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
     * @param background whether input may be a terminal on which the caller is in the background
     */
    static List<Statement> conditions(List<Launch.Stream> streams, boolean background, Statement otherwise) {
        List<Statement> all = new ArrayList<>();
        boolean hasConsole = streams.get(0) == Launch.Stream.CONSOLE;
        for (int standard = 0; standard <= 2; standard++) {
            boolean console = streams.get(standard) == Launch.Stream.CONSOLE;
            boolean any = !hasConsole && (standard > 0 || background);
            if (!any) {
                // Unless input is a terminal with the caller in the foreground, output to a terminal goes through a
                // pipe.
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

    /** Uses the box's own /dev/null instead of a pipe if the caller's standard descriptor is the host's /dev/null. */
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

    /** Closes the box's ends of pipes, so that their end is noticed. */
    static void leave(List<Launch.Stream> streams, List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "close the box's ends of the pipes", Place.DEFAULT);
        for (int standard = 0; standard < streams.size(); standard++) {
            if (streams.get(standard) == Launch.Stream.PIPE) {
                step.call(CLOSE, fd(Descriptors.pipeInside(standard)));
            }
        }
        steps.add(step.build());
    }

    /** Gives 0 for device 1:3, which is /dev/null; a file that is not a device has the number 0:0. */
    private static Memory isNull(int standard) {
        Arg device = struct(new Arg.Field("major", 4, number(1)), new Arg.Field("minor", 4, number(3)));
        return Memory.same(new Arg.Part(STATUS[standard], RDEV), device, 8);
    }
}
