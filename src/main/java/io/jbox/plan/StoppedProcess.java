package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;

import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import java.util.List;

/** Finds out whether a process is stopped (proc(5), field 3 of stat), whatever it calls itself. */
final class StoppedProcess {
    private static final String PROC = "/proc/";
    private static final int NAME_ENDS = 2;

    private final String name;
    private final Arg pid;
    private final Descriptor file;
    private final Arg.Cell path;
    private final Arg.Cell at;
    private final Arg.Cell state;

    /** @param name unique in its program */
    StoppedProcess(String name, Arg pid) {
        this.name = name;
        this.pid = pid;
        this.file = new Descriptor(name + "-stat");
        this.path = new Arg.Cell(name + "-path", 64);
        this.at = new Arg.Cell(name + "-at", 8);
        this.state = new Arg.Cell(name + "-state", 8);
    }

    /** Runs a statement if it is. */
    List<Statement> then(Statement statement) {
        Arg digits = new Arg.Part(path, PROC.length());
        // The name is in parentheses, and may have some in it: the last one ends it.
        Loop search = Loop.of(
                name + "-search",
                Branch.when(Memory.same(new Arg.ValueOf(at), text("\n"), 1), Sign.ZERO, Jump.leave(name + "-search")),
                Branch.when(
                        Memory.same(new Arg.ValueOf(at), text(")"), 1),
                        Sign.ZERO,
                        Memory.add(at, NAME_ENDS),
                        Memory.copy(state, new Arg.ValueOf(at), 1),
                        Memory.add(at, -NAME_ENDS)),
                Memory.add(at, 1),
                Jump.again(name + "-search"));
        return List.of(
                Memory.text(path, text(PROC)),
                Memory.digits(digits, pid).into(state),
                Memory.set(at, digits),
                Memory.add(at, new Arg.ValueOf(state)),
                Memory.text(new Arg.ValueOf(at), text("/stat")),
                Branch.when(
                        Call.may("openat", cwd(), path, flags("O_RDONLY", "O_CLOEXEC"))
                                .opens(file),
                        Sign.NOT_NEGATIVE,
                        Branch.when(
                                Call.may("read", fd(file), Scratch.content(), number(Scratch.PLACE)),
                                Sign.POSITIVE,
                                Memory.set(at, Scratch.content()),
                                search,
                                Branch.when(Memory.compare(state, 'T', 1), Sign.ZERO, statement)),
                        Call.may("close", fd(file))));
    }
}
