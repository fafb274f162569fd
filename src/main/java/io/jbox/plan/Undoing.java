package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Undo;

/** How a failed launch undoes what it has made. */
final class Undoing {
    /** How long a killed process may take to end. */
    private static final int END_SECONDS = 10;

    private Undoing() {}

    /** Removes an empty folder. */
    static Call removeFolder(String path) {
        return Call.may(UNLINKAT, cwd(), text(path), flags(AT_REMOVEDIR));
    }

    /** Kills the child that was made last, and reaps it. */
    static Undo killChild() {
        return Undo.by(
                kill(new Arg.ValueOf(Descriptors.CHILD_PIDFD, 0, Integer.BYTES)),
                Call.may(
                        WAIT4,
                        new Arg.ValueOf(Descriptors.CHILD_PID, 0, Integer.BYTES),
                        number(0),
                        flags(__WALL),
                        number(0)));
    }

    /**
     * Kills a process that jbox's child has made, and waits for its end. Kills the child first, so that it does not
     * react to that.
     */
    static Undo killGrandchild(Descriptor pidfd) {
        return Undo.by(
                kill(new Arg.ValueOf(Descriptors.CHILD_PIDFD, 0, Integer.BYTES)),
                kill(fd(pidfd)),
                Call.may(
                        PPOLL,
                        Polled.readable(fd(pidfd)),
                        number(1),
                        Times.seconds(END_SECONDS),
                        Arg.nothing(),
                        number(8)));
    }

    private static Call kill(Arg pidfd) {
        return Call.may(PIDFD_SEND_SIGNAL, pidfd, flags(SIGKILL), Arg.nothing(), number(0));
    }
}
