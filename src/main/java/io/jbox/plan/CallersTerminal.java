package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * The caller's terminal in a compiled program. It is made raw, so that keys go to the command unchanged. Its settings
 * are restored when the program ends, even if it is killed: a guard process waits for its end.
 */
final class CallersTerminal {
    /** The size of the kernel's struct termios, and its flags as cfmakeraw(3) sets them: offset, off, on. */
    private static final int TERMIOS = 36;

    private static final int[][] RAW = {
        {0, 0xeb, 0}, // IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR
        {1, 0x05, 0}, // ICRNL IXON
        {4, 0x01, 0}, // OPOST
        {8, 0x30, 0x30}, // CSIZE: CS8
        {9, 0x01, 0}, // PARENB
        {12, 0x4b, 0}, // ISIG ICANON ECHO ECHONL
        {13, 0x80, 0}, // IEXTEN
        {22, 0xff, 0}, // VTIME
        {23, 0xff, 1}, // VMIN
    };
    private static final Arg.Cell SAVED = new Arg.Cell("termios", TERMIOS);
    private static final Arg.Cell CHANGED = new Arg.Cell("termios-raw", TERMIOS);
    private static final Arg.Cell SIZE = new Arg.Cell("window-size", 8);
    private static final Arg.Cell GUARD = new Arg.Cell("guard", 8);
    private static final Arg.Cell BYTE = new Arg.Cell("guard-byte", 8);
    /** A pipe whose end of file tells the guard that the program has ended. */
    private static final Arg.Cell PIPE = new Arg.Cell("guard-pipe", 8);

    private static final Arg END = new Arg.ValueOf(PIPE, 0, Integer.BYTES);
    private static final Arg HELD = new Arg.ValueOf(PIPE, Integer.BYTES, Integer.BYTES);
    private static final Arg INPUT = number(0);

    private CallersTerminal() {}

    /** Makes the terminal raw, and starts the guard. A failure here must not affect the command, which already runs. */
    static List<Statement> begin() {
        List<Statement> all = new ArrayList<>(List.of(
                Call.may(IOCTL, INPUT, flags(TCGETS), SAVED),
                Call.may(PIPE2, PIPE, flags(O_CLOEXEC)),
                Call.may(CLONE3, struct(Arg.Field.zero(CloneSteps.ARGUMENTS)), number(CloneSteps.ARGUMENTS))
                        .into(GUARD),
                // The guard has a copy of the memory.
                Branch.when(
                        Memory.compare(GUARD, 0, Integer.BYTES),
                        Sign.ZERO,
                        Call.may(SETSID),
                        Call.may(RT_SIGPROCMASK, flags(SIG_BLOCK), DataArg.Signals.ALL, Arg.nothing(), number(8)),
                        Call.may(PRCTL, flags(PR_SET_NAME), text("jbox-terminal")),
                        Call.may(CLOSE, HELD),
                        Call.may(READ, END, BYTE, number(1)),
                        Call.may(IOCTL, INPUT, flags(TCSETS), SAVED),
                        Call.may(EXIT_GROUP, number(0))),
                Call.may(CLOSE, END),
                Memory.copy(CHANGED, SAVED, TERMIOS)));
        for (int[] change : RAW) {
            Arg.Cell octet = new Arg.Cell("termios-" + change[0], Long.BYTES);
            all.add(Memory.copy(octet, new Arg.Part(SAVED, change[0]), 1));
            all.addAll(Lookup.replace(octet, Lookup.masked(change[1], change[2])));
            all.add(Memory.copy(new Arg.Part(CHANGED, change[0]), octet, 1));
        }
        all.add(Call.may(IOCTL, INPUT, flags(TCSETS), CHANGED));
        all.addAll(resize());
        return all;
    }

    /** Gives the command's terminal the size of this one. */
    static List<Statement> resize() {
        return List.of(Branch.when(
                Call.may(IOCTL, INPUT, flags(TIOCGWINSZ), SIZE),
                Sign.NOT_NEGATIVE,
                Call.may(IOCTL, fd(Descriptors.MASTER), flags(TIOCSWINSZ), SIZE)));
    }

    /**
     * Restores the settings. The guard must not do so later, when the caller may have changed them. It does so only if
     * this process cannot, because it is in the background of a terminal without a controlling process; the guard is in
     * no group.
     */
    static List<Statement> restore() {
        return List.of(
                Branch.when(
                        Call.may(IOCTL, INPUT, flags(TCSETS), SAVED),
                        Sign.NOT_NEGATIVE,
                        Branch.when(
                                Memory.add(GUARD, 0),
                                Sign.POSITIVE,
                                Call.may(KILL, new Arg.ValueOf(GUARD), flags(SIGKILL)))),
                Call.may(CLOSE, HELD),
                Branch.when(
                        Memory.add(GUARD, 0),
                        Sign.POSITIVE,
                        Call.may(WAIT4, new Arg.ValueOf(GUARD), number(0), flags(__WALL), Arg.nothing())));
    }
}
