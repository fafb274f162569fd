package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.uapi.Flag;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.List;

/**
 * Steps of the monitor's second thread, which copies the console output to a log of bounded size, so that the box never
 * waits for a reader.
 *
 * <p>Both log files are open from the start and each has a loop: a full disk or folder cannot stop a rotation, and
 * there always is a log.
 */
final class ConsoleSteps {
    private static final Loop.Label OTHER_LOG_LOOP = new Loop.Label("other-log");
    private static final Loop.Label LOG_LOOP = new Loop.Label("log");
    private static final Loop.Label CONSOLE_LOOP = new Loop.Label("console");
    private static final Arg.Cell BUFFER = new Arg.Cell("console-buffer", 4096);
    private static final Arg.Cell READ = new Arg.Cell("console-read", 8);
    private static final Arg SIGNAL_SET = number(8);
    private static final Statement UNLOCK = Call.may(FLOCK, fd(Descriptors.CONSOLE_LOCK), flags(LOCK_UN));

    private final long size;
    private final boolean rotates;
    private final String name;

    ConsoleSteps(Config config) {
        Value<String> logfile = config.terminals().console().logfile();
        String path = logfile == null ? "console.log" : logfile.get();
        this.name = path.substring(path.lastIndexOf('/') + 1);
        this.size = config.terminals().console().size().get().number();
        this.rotates = config.terminals().console().rotate().get();
    }

    /** The statements of the thread. */
    List<Statement> thread() {
        if (!rotates) {
            return List.of(loop(LOG_LOOP, Descriptors.CONSOLE_LOG, List.of(empty(Descriptors.CONSOLE_LOG))));
        }
        return List.of(Loop.of(
                CONSOLE_LOOP,
                loop(
                        LOG_LOOP,
                        Descriptors.CONSOLE_LOG,
                        rotate(LOG_LOOP, Descriptors.CONSOLE_LOG, Descriptors.CONSOLE_LOG_OLD)),
                loop(
                        OTHER_LOG_LOOP,
                        Descriptors.CONSOLE_LOG_OLD,
                        rotate(OTHER_LOG_LOOP, Descriptors.CONSOLE_LOG_OLD, Descriptors.CONSOLE_LOG))));
    }

    /** Writes to one log until it is full and the other one has replaced it. */
    private Statement loop(Loop.Label loop, Descriptor log, List<Statement> full) {
        Call write = Call.may(WRITE, fd(log), BUFFER, new Arg.ValueOf(READ));
        // SEEK_DATA finds data at or after this offset only if the file is that long.
        Call isFull = Call.may(LSEEK, fd(log), number(size), flags(SEEK_DATA));
        return Loop.of(
                loop,
                Call.may(PPOLL, pollfd(POLLIN), number(1), Arg.nothing(), Arg.nothing(), SIGNAL_SET),
                // Waits while another process reads the console.
                Call.may(FLOCK, fd(Descriptors.CONSOLE_LOCK), flags(LOCK_EX)),
                Branch.when(
                        Call.may(Syscall.READ, fd(Descriptors.MASTER), BUFFER, number(BUFFER.bytes()))
                                .into(READ),
                        Sign.POSITIVE,
                        write,
                        new Branch(isFull, Sign.NOT_NEGATIVE, full),
                        UNLOCK,
                        Jump.again(loop)),
                UNLOCK,
                Branch.when(
                        Call.may(PPOLL, pollfd(), number(1), Times.AT_ONCE, Arg.nothing(), SIGNAL_SET),
                        Sign.POSITIVE,
                        Call.may(EXIT, number(0))));
    }

    /** Empties the other log, swaps the two names, and continues with the other. */
    private List<Statement> rotate(Loop.Label loop, Descriptor log, Descriptor other) {
        Arg folder = fd(Descriptors.LOG_FOLDER);
        Call exchange = Call.may(RENAMEAT2, folder, text(name), folder, text(name + ".1"), flags(RENAME_EXCHANGE));
        List<Statement> statements = new ArrayList<>();
        statements.add(empty(other));
        // One of the logs was removed: at least this one does not grow.
        statements.add(Branch.when(exchange, Sign.NEGATIVE, empty(log), UNLOCK, Jump.again(loop)));
        statements.add(UNLOCK);
        statements.add(Jump.leave(loop));
        return statements;
    }

    private static Statement empty(Descriptor log) {
        return Call.may(FTRUNCATE, fd(log), number(0));
    }

    private static Arg pollfd(Flag... events) {
        return struct(new Arg.Field("fd", 4, fd(Descriptors.MASTER)), new Arg.Field("events", 4, flags(events)));
    }
}
