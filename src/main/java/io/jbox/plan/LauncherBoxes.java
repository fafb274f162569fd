package io.jbox.plan;

import static io.jbox.plan.LauncherName.ARGUMENTS;
import static io.jbox.plan.LauncherName.AT;
import static io.jbox.plan.LauncherName.BOX;
import static io.jbox.plan.LauncherName.COMMAND;
import static io.jbox.plan.LauncherName.FILE;
import static io.jbox.plan.LauncherName.KILLS;
import static io.jbox.plan.LauncherName.LETTER;
import static io.jbox.plan.LauncherName.STOP;
import static io.jbox.plan.LauncherName.TO;
import static io.jbox.plan.LauncherName.VARIABLE;
import static io.jbox.plan.LauncherName.WORD;
import static io.jbox.plan.LauncherName.where;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Fork;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * How the launcher of a distribution starts or stops several boxes: each by its own program in a process of its own, if all of
 * them have one.
 *
 * <pre>
 * jbox start web shop      → jbox start web    (its program, start.web.s)
 *                          → jbox start shop   (its program, start.shop.s)
 * </pre>
 *
 * <p>Nothing is started before all programs are open. A program that gives up executes the shell's launcher for its box
 * alone. If this launcher can make no further process, it executes the shell's launcher for the remaining boxes.
 */
final class LauncherBoxes {
    /** More boxes are left to the shell, since each name is compared with all others. */
    static final int MOST = 64;
    /**
     * How many starts and kills run at once, since each may turn out to need a JVM. The oldest one is waited for first.
     */
    private static final int AT_ONCE = 8;

    private static final int FILES = 0;
    private static final int PROCESSES = 1;
    /** The size of the place for each box's variable that names the program. */
    private static final long VARIABLE_SIZE = 0x2000;

    /** siginfo_t, of waitid(2). */
    private static final int SI_CODE = 8;

    private static final int SI_STATUS = 24;
    private static final int CLD_EXITED = 1;
    private static final int SIGNAL = 128;
    /** Of a number of 32 bits. */
    private static final int SIGN_BYTE = 3;

    private static final int NEGATIVE = 0xff;

    private static final Loop.Label OPEN_LOOP = new Loop.Label("boxes");
    private static final Loop.Label NAME_LOOP = new Loop.Label("one-of-boxes");
    private static final Loop.Label EARLIER_LOOP = new Loop.Label("earlier-boxes");
    private static final Loop.Label SAME_LOOP = new Loop.Label("same-box");
    private static final Loop.Label FORK_LOOP = new Loop.Label("programs");

    /** The address of the first box among the words. */
    static final Arg.Cell FIRST = new Arg.Cell("first-box", 8);
    /** The address of the current word, and later that of the word for the next program to execute. */
    private static final Arg.Cell NEXT = new Arg.Cell("next-box", 8);

    private static final Arg.Cell EARLIER = new Arg.Cell("earlier-box", 8);
    private static final Arg.Cell OTHER = new Arg.Cell("earlier-word", 8);
    private static final Arg.Cell OTHER_LETTER = new Arg.Cell("earlier-letter", 8);
    private static final Arg.Cell COUNT = new Arg.Cell("boxes-count", 8);
    private static final Arg.Cell MOST_AT_ONCE = new Arg.Cell("most-at-once", 8);
    private static final Arg.Cell RUNNING = new Arg.Cell("programs-running", 8);
    private static final Arg.Cell OPENED = new Arg.Cell("next-file", 8);
    private static final Arg.Cell MADE = new Arg.Cell("next-process", 8);
    private static final Arg.Cell OLDEST = new Arg.Cell("oldest-process", 8);
    private static final Arg.Cell PROCESS = new Arg.Cell("process", 8);
    private static final Arg.Cell SELF = new Arg.Cell("launcher", 8);
    private static final Arg.Cell PARENT = new Arg.Cell("parent", 8);
    private static final Arg.Cell ENDED = new Arg.Cell("siginfo", 128);
    private static final Arg.Cell RESULT = new Arg.Cell("exit-code", 8);
    private static final Arg.Cell ACTION = new Arg.Cell("sigaction", 32);

    private LauncherBoxes() {}

    /** Ends with the exit code of the last box that failed; does nothing for a single box. */
    static List<Statement> several() {
        List<Statement> all = new ArrayList<>(refuseIgnoredChildren());
        all.addAll(openPrograms());
        all.addAll(executePrograms());
        return List.of(
                Memory.copy(AT, FIRST, Long.BYTES),
                Memory.add(AT, Long.BYTES),
                Memory.copy(WORD, new Arg.ValueOf(AT), Long.BYTES),
                new Branch(Memory.compare(WORD, 0, Long.BYTES), Sign.POSITIVE, List.copyOf(all)));
    }

    /** Gives up if the caller ignores SIGCHLD, since the kernel then keeps no exit codes of children. */
    private static List<Statement> refuseIgnoredChildren() {
        return List.of(
                Call.must(RT_SIGACTION, flags(SIGCHLD), Arg.nothing(), ACTION, number(Long.BYTES)),
                Branch.when(Memory.compare(ACTION, flags(SIG_IGN), Long.BYTES), Sign.ZERO, Words.changed()));
    }

    private static List<Statement> openPrograms() {
        List<Statement> each = new ArrayList<>(List.of(
                Memory.copy(BOX, new Arg.ValueOf(NEXT), Long.BYTES),
                Branch.when(Memory.compare(BOX, 0, Long.BYTES), Sign.ZERO, Jump.leave(OPEN_LOOP)),
                Memory.add(COUNT, 1),
                Branch.when(Memory.compare(COUNT, MOST + 1, Long.BYTES), Sign.ZERO, Words.changed()),
                refuseSame()));
        each.addAll(LauncherName.lookAtName(NAME_LOOP));
        each.addAll(LauncherName.putOneTogether());
        each.addAll(LauncherFile.open());
        each.add(Memory.copy(TO, VARIABLE, Long.BYTES));
        each.addAll(LauncherFile.appendVariable());
        each.addAll(List.of(
                Memory.copy(new Arg.ValueOf(OPENED), FILE, Long.BYTES),
                Memory.add(OPENED, Long.BYTES),
                Memory.add(VARIABLE, VARIABLE_SIZE),
                Memory.add(NEXT, Long.BYTES),
                Jump.again(OPEN_LOOP)));
        List<Statement> all = new ArrayList<>(begin());
        all.add(new Loop(OPEN_LOOP, List.copyOf(each)));
        return all;
    }

    private static List<Statement> begin() {
        return List.of(
                Memory.copy(NEXT, FIRST, Long.BYTES),
                Memory.set(OPENED, number(list(FILES))),
                Memory.set(VARIABLE, number(LauncherName.Memories.VARIABLES)));
    }

    private static long list(int which) {
        return LauncherName.Memories.LISTS + (long) which * MOST * Long.BYTES;
    }

    /** Gives up if a box is named twice: the shell's launcher starts it only once. */
    private static Statement refuseSame() {
        return Branch.when(
                Memory.compare(COUNT, 1, Long.BYTES),
                Sign.POSITIVE,
                Memory.copy(EARLIER, FIRST, Long.BYTES),
                Loop.of(
                        EARLIER_LOOP,
                        Branch.when(Memory.same(EARLIER, NEXT, Long.BYTES), Sign.ZERO, Jump.leave(EARLIER_LOOP)),
                        Memory.copy(OTHER, new Arg.ValueOf(EARLIER), Long.BYTES),
                        Memory.copy(AT, BOX, Long.BYTES),
                        Loop.of(
                                SAME_LOOP,
                                Memory.copy(LETTER, new Arg.ValueOf(AT), 1),
                                Memory.copy(OTHER_LETTER, new Arg.ValueOf(OTHER), 1),
                                Branch.when(Memory.same(LETTER, OTHER_LETTER, 1), Sign.POSITIVE, Jump.leave(SAME_LOOP)),
                                Branch.when(Memory.compare(LETTER, 0, 1), Sign.ZERO, Words.changed()),
                                Memory.add(AT, 1),
                                Memory.add(OTHER, 1),
                                Jump.again(SAME_LOOP)),
                        Memory.add(EARLIER, Long.BYTES),
                        Jump.again(EARLIER_LOOP)));
    }

    private static List<Statement> executePrograms() {
        List<Statement> all = new ArrayList<>(begin());
        all.addAll(List.of(
                Memory.set(MADE, number(list(PROCESSES))),
                Memory.set(OLDEST, number(list(PROCESSES))),
                Memory.set(MOST_AT_ONCE, number(AT_ONCE)),
                // Boxes that are asked to halt take long but need no CPU time here, so all run at once.
                where(
                        STOP,
                        List.of(Branch.when(
                                Memory.compare(KILLS, 0, Long.BYTES),
                                Sign.ZERO,
                                Memory.set(MOST_AT_ONCE, number(MOST))))),
                Call.must(GETPID).into(SELF)));
        List<Statement> wait = List.of(
                Memory.copy(PROCESS, new Arg.ValueOf(OLDEST), Long.BYTES),
                Memory.add(OLDEST, Long.BYTES),
                Memory.add(RUNNING, -1),
                Call.may(WAITID, flags(P_PID), new Arg.ValueOf(PROCESS), ENDED, flags(WEXITED), Arg.nothing()),
                takeStatus());
        List<Statement> each = new ArrayList<>(List.of(
                Memory.copy(BOX, new Arg.ValueOf(NEXT), Long.BYTES),
                new Branch(
                        Memory.compare(BOX, 0, Long.BYTES),
                        Sign.ZERO,
                        with(
                                List.of(Branch.when(
                                        Memory.compare(RUNNING, 0, Long.BYTES), Sign.ZERO, Jump.leave(FORK_LOOP))),
                                wait,
                                List.of(Jump.again(FORK_LOOP)))),
                new Branch(Memory.same(RUNNING, MOST_AT_ONCE, Long.BYTES), Sign.ZERO, wait)));
        each.addAll(putWordsTogether());
        each.add(Fork.of(
                Call.may(CLONE, flags(SIGCHLD), number(0), number(0), number(0), number(0))
                        .into(PROCESS),
                execute()));
        // If no process can be made, wait for one to end; if none is left, the shell's launcher does the rest.
        each.add(new Branch(
                Memory.compare(new Arg.Part(PROCESS, SIGN_BYTE), NEGATIVE, 1),
                Sign.ZERO,
                with(
                        List.of(Branch.when(Memory.compare(RUNNING, 0, Long.BYTES), Sign.ZERO, Words.changed())),
                        wait,
                        List.of(Jump.again(FORK_LOOP)))));
        each.addAll(List.of(
                Memory.copy(new Arg.ValueOf(MADE), PROCESS, Long.BYTES),
                Memory.add(MADE, Long.BYTES),
                Memory.add(RUNNING, 1),
                Memory.add(OPENED, Long.BYTES),
                Memory.add(VARIABLE, VARIABLE_SIZE),
                Memory.add(NEXT, Long.BYTES),
                Jump.again(FORK_LOOP)));
        all.add(new Loop(FORK_LOOP, List.copyOf(each)));
        all.add(Call.must(EXIT_GROUP, new Arg.ValueOf(RESULT, 0, Integer.BYTES)));
        return all;
    }

    /** The words for this box and those behind it: jbox, the command, its option, and the boxes. */
    private static List<Statement> putWordsTogether() {
        return List.of(
                Memory.copy(WORD, new Arg.ValueOf(Words.ARGV), Long.BYTES),
                Memory.copy(AT, NEXT, Long.BYTES),
                Branch.when(
                        Memory.compare(KILLS, 1, Long.BYTES),
                        Sign.ZERO,
                        Memory.add(AT, -Long.BYTES),
                        Words.address(OTHER, new Arg.Pointer(new Arg.Text("-k"))),
                        Memory.copy(new Arg.ValueOf(AT), OTHER, Long.BYTES)),
                Memory.add(AT, -Long.BYTES),
                Memory.copy(new Arg.ValueOf(AT), COMMAND, Long.BYTES),
                Memory.add(AT, -Long.BYTES),
                Memory.copy(new Arg.ValueOf(AT), WORD, Long.BYTES),
                Memory.copy(Words.ARGV, AT, Long.BYTES));
    }

    /**
     * Runs in the new process, which has a copy of the memory. If the program cannot be executed, the shell's launcher
     * handles this box.
     */
    private static List<Statement> execute() {
        List<Statement> all = new ArrayList<>(List.of(
                Memory.copy(AT, NEXT, Long.BYTES),
                Memory.add(AT, Long.BYTES),
                Memory.set(WORD, number(0)),
                Memory.copy(new Arg.ValueOf(AT), WORD, Long.BYTES),
                Memory.copy(ARGUMENTS, Words.ARGV, Long.BYTES),
                Memory.copy(FILE, new Arg.ValueOf(OPENED), Long.BYTES),
                // A signal that ends this command also ends its children.
                Call.must(PRCTL, flags(PR_SET_PDEATHSIG), flags(SIGTERM), number(0), number(0), number(0)),
                Call.must(GETPPID).into(PARENT),
                Branch.when(
                        Memory.same(SELF, PARENT, Integer.BYTES), Sign.POSITIVE, Call.must(EXIT_GROUP, number(0)))));
        all.addAll(LauncherFile.execute());
        return all;
    }

    /** Takes the exit code, or 128 + the signal's number. */
    private static Statement takeStatus() {
        return Branch.when(
                Memory.compare(new Arg.Part(ENDED, SI_STATUS), 0, Integer.BYTES),
                Sign.POSITIVE,
                Memory.copy(RESULT, new Arg.Part(ENDED, SI_STATUS), Integer.BYTES),
                Branch.when(
                        Memory.compare(new Arg.Part(ENDED, SI_CODE), CLD_EXITED, Integer.BYTES),
                        Sign.POSITIVE,
                        Memory.add(RESULT, SIGNAL)));
    }

    @SafeVarargs
    private static List<Statement> with(List<Statement>... parts) {
        List<Statement> all = new ArrayList<>();
        for (List<Statement> part : parts) {
            all.addAll(part);
        }
        return List.copyOf(all);
    }
}
