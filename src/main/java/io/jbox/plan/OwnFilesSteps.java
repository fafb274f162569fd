package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.program.DataArg.mode;
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
 * Removes the files of a box that ends with its command. rm(1) removes what the command has made there: it follows no
 * links, and by then no process of the box is left.
 *
 * <p>The files are in a folder that is locked while the command runs, and while rm runs, even if this program is
 * killed: no process changes the folder without the lock.
 */
final class OwnFilesSteps {
    private static final Arg.Cell PROCESS = new Arg.Cell("rm-pid", 8);
    private static final Arg.Cell STATUS = new Arg.Cell("rm-status", 8);
    private static final Arg.Cell FOUND = new Arg.Cell("files-found", 8);
    private static final Descriptor FOLDER = new Descriptor("own-files");
    private static final Descriptor NOTHING = new Descriptor("rm-stream");
    private static final int STANDARD_STREAMS = 3;
    private static final int NOT_EXECUTED = 127;

    private final OwnFiles files;

    OwnFilesSteps(OwnFiles files) {
        this.files = files;
    }

    /** Locks the folder, and removes the files of a killed command. */
    Step take() {
        Step.Draft step = Step.by(
                        Actor.JBOX, "lock the command's files, and remove those of an earlier one", Place.DEFAULT)
                .tolerate(MKDIRAT, cwd(), text(files.folder()), mode(0700))
                .open(FOLDER, OPENAT, cwd(), text(files.folder()), flags(O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_CLOEXEC))
                .call(FLOCK, fd(FOLDER), flags(LOCK_EX, LOCK_NB))
                .add(Memory.set(FOUND, number(0)));
        List<Statement> again = new ArrayList<>(remove());
        for (String path : files.all()) {
            step.add(Branch.when(isThere(path), Sign.ZERO, Memory.set(FOUND, number(1))));
            again.add(Branch.when(isThere(path), Sign.ZERO, Words.changed()));
        }
        return step.add(new Branch(Memory.compare(FOUND, 1, Long.BYTES), Sign.ZERO, List.copyOf(again)))
                .build();
    }

    /** Removes the files of the command that has ended. */
    Step removeAll() {
        Step.Draft step = Step.by(Actor.JBOX, "remove the command's files", Place.DEFAULT)
                .tolerate(UNLINKAT, cwd(), text(files.userLink()), number(0));
        remove().forEach(step::add);
        return step.build();
    }

    private static Call isThere(String path) {
        return Call.may(FACCESSAT, cwd(), text(path), number(0));
    }

    /** Runs rm. Its errors are not reported: files that it leaves are removed before the next command. */
    private List<Statement> remove() {
        List<Statement> child = new ArrayList<>();
        // In its own session, rm is not interrupted by Ctrl-C.
        child.add(Call.may(SETSID));
        child.add(Call.may(RT_SIGPROCMASK, flags(SIG_SETMASK), CompiledSteps.MASK, Arg.nothing(), number(8)));
        child.add(Call.may(OPENAT, cwd(), text("/dev/null"), flags(O_RDWR, O_CLOEXEC))
                .opens(NOTHING));
        for (int i = 0; i < STANDARD_STREAMS; i++) {
            child.add(Call.may(DUP3, fd(NOTHING), number(i), number(0)));
        }
        // The copy of the descriptor also holds the lock.
        child.add(Call.may(DUP3, fd(FOLDER), number(STANDARD_STREAMS), number(0)));
        List<String> words = new ArrayList<>(List.of("rm", "-rf", "--"));
        words.addAll(files.all());
        child.add(Call.may(EXECVE, text(OwnFiles.RM), new DataArg.Texts(words), new DataArg.Texts(List.of())));
        child.add(Call.may(EXIT_GROUP, number(NOT_EXECUTED)));
        return List.of(
                Fork.of(
                        Call.may(CLONE, flags(SIGCHLD), number(0), number(0), number(0), number(0))
                                .into(PROCESS),
                        child),
                Branch.when(
                        Memory.add(PROCESS, 0),
                        Sign.POSITIVE,
                        Call.may(WAIT4, new Arg.ValueOf(PROCESS), STATUS, flags(__WALL), Arg.nothing())));
    }
}
