package io.jbox.plan;

import static io.jbox.plan.LauncherBoxes.FIRST;
import static io.jbox.plan.LauncherName.ARGUMENTS;
import static io.jbox.plan.LauncherName.AT;
import static io.jbox.plan.LauncherName.BOX;
import static io.jbox.plan.LauncherName.COMMAND;
import static io.jbox.plan.LauncherName.FORM;
import static io.jbox.plan.LauncherName.IN_BOX;
import static io.jbox.plan.LauncherName.KILLS;
import static io.jbox.plan.LauncherName.OPTION;
import static io.jbox.plan.LauncherName.START;
import static io.jbox.plan.LauncherName.STATUS;
import static io.jbox.plan.LauncherName.STOP;
import static io.jbox.plan.LauncherName.STX_UID;
import static io.jbox.plan.LauncherName.TO;
import static io.jbox.plan.LauncherName.TOOL;
import static io.jbox.plan.LauncherName.VARIABLE;
import static io.jbox.plan.LauncherName.orGiveUp;
import static io.jbox.plan.LauncherName.same;
import static io.jbox.plan.LauncherName.unless;
import static io.jbox.plan.LauncherName.where;
import static io.jbox.program.Arg.cwd;
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
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * Plans the launcher of an installed jbox, which is a program itself: it executes the compiled program of a command, or
 * the shell's launcher if there is none.
 *
 * <pre>
 * /opt/jbox/bin/jbox exec web -- id
 *   /var/cache/jbox/programs/opt/jbox/bin/jbox/exec.web.pp     is there, and is root's: this is executed
 *   /opt/jbox/libexec/jbox exec web -- id                      else
 * </pre>
 *
 * <p>It finds itself through /proc/self/exe, so it may be called by any name and through links. The program that it
 * executes gets the caller's environment, descriptors and ignored signals.
 */
public final class LauncherSteps {
    /** The path of the shell's launcher. */
    public static final Arg SCRIPT = new Arg.Address(LauncherName.Memories.SCRIPT);

    private static final Loop.Label BOX_LOOP = new Loop.Label("box");
    private static final Loop.Label SLASHES_LOOP = new Loop.Label("slashes");
    private static final Loop.Label NAME_LOOP = new Loop.Label("name");
    private static final String LIBEXEC = "libexec/";
    /** The names under which jbox acts as the tool of that name. */
    private static final List<String> TOOLS = List.of(CompiledTool.UNSHARE, CompiledTool.NSENTER, "lsns");
    /** The tools that can have compiled programs. */
    private static final List<String> COMPILED = List.of(CompiledTool.UNSHARE, CompiledTool.NSENTER);

    private static final int STX_INO = 32;
    private static final int STX_DEV = 136;
    private static final Arg.Cell ITSELF = new Arg.Cell("own-statx", 256);

    private static final Arg.Cell IDS = new Arg.Cell("ids", 24);
    private static final Arg.Cell NAME = new Arg.Cell("own-name", 8);
    private static final Arg.Cell LAST = new Arg.Cell("last-slash", 8);
    private static final Arg.Cell BEFORE = new Arg.Cell("slash-before", 8);

    private LauncherSteps() {}

    /** All steps; if one fails, {@link #SCRIPT} must be executed with the caller's words and environment. */
    public static List<Step> steps() {
        return List.of(
                step("find the words", findWords()),
                step("find jbox", findJbox()),
                step("look who calls", lookWhoCalls()),
                step("look at the words", lookAtWords()),
                step("start or stop several boxes", several()),
                step("put the program's name together", putTogether()),
                step("execute the program", executeProgram()));
    }

    private static Step step(String subject, List<Statement> statements) {
        Step.Draft step = Step.by(Actor.JBOX, subject, Place.DEFAULT);
        statements.forEach(step::add);
        return step.build();
    }

    private static List<Statement> findWords() {
        List<Statement> all = new ArrayList<>(Words.find());
        all.add(Call.must(
                MMAP,
                new Arg.Address(LauncherName.Memories.OWN),
                number(LauncherName.Memories.SIZE),
                flags(PROT_READ, PROT_WRITE),
                flags(MAP_PRIVATE, MAP_ANONYMOUS, MAP_FIXED_NOREPLACE),
                number(-1),
                number(0)));
        return all;
    }

    /** The shell's launcher is in a folder beside that of this program. */
    private static List<Statement> findJbox() {
        List<Statement> all = new ArrayList<>(List.of(
                Call.must(
                        READLINKAT,
                        cwd(),
                        text("/proc/self/exe"),
                        new Arg.Address(LauncherName.Memories.OWN),
                        number(LauncherName.Memories.SCRIPT - LauncherName.Memories.OWN - 1)),
                Memory.set(AT, number(LauncherName.Memories.OWN)),
                Loop.of(
                        SLASHES_LOOP,
                        Branch.when(
                                same(AT, "/"),
                                Sign.ZERO,
                                Memory.copy(BEFORE, LAST, Long.BYTES),
                                Memory.copy(LAST, AT, Long.BYTES),
                                Memory.add(LAST, 1)),
                        Branch.when(same(AT, ""), Sign.ZERO, Jump.leave(SLASHES_LOOP)),
                        Memory.add(AT, 1),
                        Jump.again(SLASHES_LOOP)),
                // A folder directly in the root directory cannot have such a sibling.
                Branch.when(Memory.compare(BEFORE, 0, Long.BYTES), Sign.ZERO, Words.changed()),
                Memory.text(SCRIPT, new Arg.Address(LauncherName.Memories.OWN)),
                Memory.copy(TO, BEFORE, Long.BYTES),
                Memory.add(TO, LauncherName.Memories.SCRIPT - LauncherName.Memories.OWN),
                Memory.text(new Arg.ValueOf(TO), text(LIBEXEC + "jbox"))));
        all.addAll(refuseItself());
        word(NAME, 0, all);
        all.add(Memory.copy(AT, NAME, Long.BYTES));
        all.add(Loop.of(
                NAME_LOOP,
                Branch.when(same(AT, "/"), Sign.ZERO, Memory.copy(NAME, AT, Long.BYTES), Memory.add(NAME, 1)),
                Branch.when(same(AT, ""), Sign.ZERO, Jump.leave(NAME_LOOP)),
                Memory.add(AT, 1),
                Jump.again(NAME_LOOP)));
        for (String tool : TOOLS) {
            all.add(Branch.when(
                    same(NAME, tool + "\0"),
                    Sign.ZERO,
                    Memory.text(new Arg.ValueOf(TO), text(LIBEXEC + tool)),
                    COMPILED.contains(tool) ? Memory.set(FORM, number(TOOL)) : Words.changed()));
        }
        all.add(Memory.copy(COMMAND, NAME, Long.BYTES));
        all.add(Memory.copy(ARGUMENTS, Words.ARGV, Long.BYTES));
        all.add(Memory.copy(OPTION, ARGUMENTS, Long.BYTES));
        return all;
    }

    /** Gives up if the script is this program itself, for example through a link: it would execute itself for ever. */
    private static List<Statement> refuseItself() {
        Call script = Call.may(STATX, cwd(), SCRIPT, number(0), flags(STATX_BASIC_STATS), STATUS);
        Call self = Call.may(STATX, cwd(), text("/proc/self/exe"), number(0), flags(STATX_BASIC_STATS), ITSELF);
        return List.of(Branch.when(
                script,
                Sign.ZERO,
                Branch.when(
                        self,
                        Sign.ZERO,
                        Branch.when(
                                Memory.same(new Arg.Part(STATUS, STX_INO), new Arg.Part(ITSELF, STX_INO), Long.BYTES),
                                Sign.ZERO,
                                Branch.when(
                                        Memory.same(
                                                new Arg.Part(STATUS, STX_DEV),
                                                new Arg.Part(ITSELF, STX_DEV),
                                                Long.BYTES),
                                        Sign.ZERO,
                                        Memory.text(SCRIPT, text("")),
                                        Words.changed())))));
    }

    /**
     * Only root has compiled programs, and a program that has given up has set a variable: both cases go to the shell.
     */
    private static List<Statement> lookWhoCalls() {
        return List.of(
                // If root's rights come only from a setuid program, leave it to the shell, which drops them.
                Call.must(GETRESUID, ids(0), ids(1), ids(2)),
                Branch.when(Memory.compare(ids(0), 0, Integer.BYTES), Sign.POSITIVE, Words.changed()),
                Branch.when(Memory.compare(ids(1), 0, Integer.BYTES), Sign.POSITIVE, Words.changed()),
                Branch.when(Memory.compare(ids(2), 0, Integer.BYTES), Sign.POSITIVE, Words.changed()),
                Call.must(GETRESGID, ids(0), ids(1), ids(2)),
                Branch.when(Memory.same(ids(0), ids(1), Integer.BYTES), Sign.POSITIVE, Words.changed()),
                Call.must(STATX, cwd(), text("/"), number(0), flags(STATX_BASIC_STATS), STATUS),
                Branch.when(Memory.compare(new Arg.Part(STATUS, STX_UID), 0, 4), Sign.POSITIVE, Words.changed()),
                Words.noVariables(false));
    }

    private static Arg.Part ids(int which) {
        return new Arg.Part(IDS, which * Long.BYTES);
    }

    private static List<Statement> lookAtWords() {
        List<Statement> command = new ArrayList<>();
        word(COMMAND, 1, command);
        command.add(Memory.add(OPTION, Long.BYTES));
        for (String tool : COMPILED) {
            command.add(Branch.when(
                    same(COMMAND, tool + "\0"),
                    Sign.ZERO,
                    Memory.set(FORM, number(TOOL)),
                    Memory.add(ARGUMENTS, Long.BYTES)));
        }
        command.add(Branch.when(same(COMMAND, CompiledTool.NETNS + "\0"), Sign.ZERO, Memory.set(FORM, number(TOOL))));
        List<Statement> all = new ArrayList<>();
        all.add(unless(TOOL, command));
        all.add(unless(TOOL, lookAtBox()));
        return all;
    }

    private static List<Statement> lookAtBox() {
        List<Statement> all = new ArrayList<>();
        all.add(Branch.when(same(COMMAND, "exec\0"), Sign.ZERO, Memory.set(FORM, number(IN_BOX))));
        all.add(Branch.when(same(COMMAND, "run\0"), Sign.ZERO, Memory.set(FORM, number(IN_BOX))));
        all.add(Branch.when(same(COMMAND, "start\0"), Sign.ZERO, Memory.set(FORM, number(START))));
        all.add(Branch.when(same(COMMAND, "stop\0"), Sign.ZERO, Memory.set(FORM, number(STOP))));
        all.add(Branch.when(Memory.compare(FORM, 0, Long.BYTES), Sign.ZERO, Words.changed()));
        all.add(where(IN_BOX, LauncherOptions.look()));
        List<Statement> others =
                new ArrayList<>(List.of(Memory.copy(FIRST, Words.ARGV, Long.BYTES), Memory.add(FIRST, 2 * Long.BYTES)));
        firstBox(others);
        List<Statement> kills = new ArrayList<>(List.of(Memory.set(KILLS, number(1)), Memory.add(FIRST, Long.BYTES)));
        firstBox(kills);
        others.add(where(STOP, List.of(new Branch(same(BOX, "-k\0"), Sign.ZERO, List.copyOf(kills)))));
        all.add(unless(IN_BOX, others));
        return all;
    }

    private static void firstBox(List<Statement> statements) {
        statements.add(Memory.copy(BOX, new Arg.ValueOf(FIRST), Long.BYTES));
        statements.add(orGiveUp(BOX));
    }

    private static List<Statement> several() {
        return List.of(unless(TOOL, List.of(unless(IN_BOX, LauncherBoxes.several()))));
    }

    private static List<Statement> putTogether() {
        List<Statement> all = new ArrayList<>();
        all.add(unless(TOOL, LauncherName.lookAtName(BOX_LOOP)));
        all.addAll(LauncherName.putTogether());
        return all;
    }

    private static List<Statement> executeProgram() {
        List<Statement> all = new ArrayList<>(LauncherFile.open());
        all.add(Memory.set(VARIABLE, number(LauncherName.Memories.VARIABLE)));
        all.add(Memory.copy(TO, VARIABLE, Long.BYTES));
        all.addAll(LauncherFile.appendVariable());
        all.addAll(LauncherFile.execute());
        return all;
    }

    /** Finds a word, which must be there. */
    private static void word(Arg.Cell into, int index, List<Statement> statements) {
        statements.add(Memory.copy(AT, Words.ARGV, Long.BYTES));
        statements.add(Memory.add(AT, (long) index * Long.BYTES));
        statements.add(Memory.copy(into, new Arg.ValueOf(AT), Long.BYTES));
        statements.add(orGiveUp(into));
    }
}
