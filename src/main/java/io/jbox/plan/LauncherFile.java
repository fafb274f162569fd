package io.jbox.plan;

import static io.jbox.plan.LauncherName.ARGUMENTS;
import static io.jbox.plan.LauncherName.AT;
import static io.jbox.plan.LauncherName.FILE;
import static io.jbox.plan.LauncherName.STATUS;
import static io.jbox.plan.LauncherName.STX_UID;
import static io.jbox.plan.LauncherName.TO;
import static io.jbox.plan.LauncherName.TOOL;
import static io.jbox.plan.LauncherName.VARIABLE;
import static io.jbox.plan.LauncherName.WORD;
import static io.jbox.plan.LauncherName.append;
import static io.jbox.plan.LauncherName.unless;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import java.util.ArrayList;
import java.util.List;

/** How the launcher of a distribution opens the file of a program, and executes it. */
final class LauncherFile {
    private static final Loop.Label ENVIRONMENT_LOOP = new Loop.Label("environment");

    private LauncherFile() {}

    /** Opens the file, so that the checked file is the one to execute; a tool's file is already open. */
    static List<Statement> open() {
        return List.of(
                unless(TOOL, List.of(Branch.when(LauncherName.open(), Sign.NEGATIVE, Words.changed()))),
                Call.must(
                        STATX,
                        new Arg.ValueOf(FILE, 0, Integer.BYTES),
                        text(""),
                        flags(AT_EMPTY_PATH),
                        flags(STATX_BASIC_STATS),
                        STATUS),
                Branch.when(Memory.compare(new Arg.Part(STATUS, STX_UID), 0, 4), Sign.POSITIVE, Words.changed()));
    }

    /** Appends the variable that names the program. */
    static List<Statement> appendVariable() {
        List<Statement> all = new ArrayList<>();
        append(text(Words.OWN_VARIABLE), all);
        append(new Arg.Address(LauncherName.Memories.PROGRAM), all);
        return all;
    }

    /** Executes the file with the caller's environment behind that variable. */
    static List<Statement> execute() {
        List<Statement> all = new ArrayList<>();
        all.add(Memory.set(TO, number(LauncherName.Memories.ENVIRONMENT)));
        all.add(Memory.copy(WORD, VARIABLE, Long.BYTES));
        all.add(Memory.copy(AT, Words.ENVP, Long.BYTES));
        all.add(Loop.of(
                ENVIRONMENT_LOOP,
                Memory.copy(new Arg.ValueOf(TO), WORD, Long.BYTES),
                Branch.when(Memory.compare(WORD, 0, Long.BYTES), Sign.ZERO, Jump.leave(ENVIRONMENT_LOOP)),
                Memory.add(TO, Long.BYTES),
                Memory.copy(WORD, new Arg.ValueOf(AT), Long.BYTES),
                Memory.add(AT, Long.BYTES),
                Jump.again(ENVIRONMENT_LOOP)));
        all.add(Call.must(
                EXECVEAT,
                new Arg.ValueOf(FILE, 0, Integer.BYTES),
                text(""),
                new Arg.ValueOf(ARGUMENTS),
                new Arg.Address(LauncherName.Memories.ENVIRONMENT),
                flags(AT_EMPTY_PATH)));
        return all;
    }
}
