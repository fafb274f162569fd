package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.OwnFiles;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Fork;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * Removes the files of a box that ends with its command. What the command has made there is removed by rm(1), which follows no
 * link; no process of the box is left by then.
 */
final class OwnFilesSteps {
    private static final Arg.Cell PROCESS = new Arg.Cell("rm-pid", 8);
    private static final Arg.Cell STATUS = new Arg.Cell("rm-status", 8);
    private static final Descriptor LEFT = new Descriptor("left-upper");
    private static final int NOT_EXECUTED = 127;

    private final OwnFiles files;

    OwnFilesSteps(OwnFiles files) {
        this.files = files;
    }

    /** Those of a command that was killed. Whoever else removes them has the upper folder locked. */
    Step removeLeft() {
        Call open = Call.may(OPENAT, cwd(), text(files.upper()), flags(O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_CLOEXEC))
                .opens(LEFT);
        Call lock = Call.may(FLOCK, fd(LEFT), flags(LOCK_EX, LOCK_NB));
        List<Statement> whileLocked = new ArrayList<>();
        whileLocked.add(Branch.when(lock, Sign.NEGATIVE, Words.changed()));
        whileLocked.addAll(remove());
        whileLocked.add(Call.may(CLOSE, fd(LEFT)));
        List<Statement> rest = new ArrayList<>(remove());
        rest.add(Branch.when(isThere(), Sign.ZERO, Words.changed()));
        return Step.by(Actor.JBOX, "remove the files of an earlier command", Place.DEFAULT)
                .add(Branch.when(
                        isThere(),
                        Sign.ZERO,
                        new Branch(open, Sign.NOT_NEGATIVE, List.copyOf(whileLocked)),
                        new Branch(isThere(), Sign.ZERO, List.copyOf(rest))))
                .build();
    }

    /** Those of the command that has ended. */
    Step removeAll() {
        Step.Draft step = Step.by(Actor.JBOX, "remove the command's files", Place.DEFAULT)
                .tolerate(UNLINKAT, cwd(), text(files.userLink()), number(0));
        remove().forEach(step::add);
        return step.build();
    }

    private Call isThere() {
        return Call.may(FACCESSAT, cwd(), text(files.folder()), number(0));
    }

    private List<Statement> remove() {
        return List.of(
                Fork.of(
                        Call.may(CLONE, flags(SIGCHLD), number(0), number(0), number(0), number(0))
                                .into(PROCESS),
                        List.of(
                                Call.may(
                                        RT_SIGPROCMASK,
                                        flags(SIG_SETMASK),
                                        CompiledSteps.MASK,
                                        Arg.nothing(),
                                        number(8)),
                                Call.may(
                                        EXECVE,
                                        text(OwnFiles.RM),
                                        new DataArg.Texts(
                                                List.of("rm", "-rf", "--one-file-system", "--", files.folder())),
                                        new Arg.ValueOf(Words.ENVP)),
                                Call.may(EXIT_GROUP, number(NOT_EXECUTED)))),
                Branch.when(
                        Memory.add(PROCESS, 0),
                        Sign.POSITIVE,
                        Call.may(WAIT4, new Arg.ValueOf(PROCESS), STATUS, flags(__WALL), Arg.nothing())));
    }
}
