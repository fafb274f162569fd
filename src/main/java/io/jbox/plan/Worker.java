package io.jbox.plan;

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
import java.util.List;

/** A second thread of a process that is a program of system calls. It needs no stack. */
final class Worker {
    /**
     * 1 from before the thread begins. When the thread has ended, the kernel clears it and wakes the thread that waits
     * for that.
     */
    private final Arg.Cell runs;

    private final Arg.Cell go;

    /** @param name unique in its process */
    Worker(String name) {
        this.runs = new Arg.Cell(name, 8);
        this.go = new Arg.Cell(name + "-go", 8);
    }

    /** @param body ends with exit(2) */
    List<Statement> fork(List<Statement> body) {
        Arg arguments = Arg.struct(
                Arg.Field.of(
                        "flags",
                        flags(
                                CLONE_VM,
                                CLONE_FS,
                                CLONE_FILES,
                                CLONE_SIGHAND,
                                CLONE_THREAD,
                                CLONE_SYSVSEM,
                                CLONE_CHILD_CLEARTID)),
                Arg.Field.zero(8),
                Arg.Field.of("child_tid", runs),
                Arg.Field.zero(64));
        return List.of(
                Memory.set(runs, number(1)), Fork.of(Call.must(CLONE3, arguments, number(CloneSteps.ARGUMENTS)), body));
    }

    /** Waits, in the thread, until it may begin. */
    List<Statement> awaitGo() {
        Loop.Label loop = new Loop.Label(go.name());
        return List.of(Loop.of(
                loop,
                Branch.when(Memory.compare(go, 1, Integer.BYTES), Sign.ZERO, Jump.leave(loop)),
                Call.may(FUTEX, go, flags(FUTEX_WAIT), number(0), Arg.nothing()),
                Jump.again(loop)));
    }

    /** Lets the thread begin. */
    List<Statement> go() {
        return List.of(Memory.set(go, number(1)), Call.may(FUTEX, go, flags(FUTEX_WAKE), number(1), Arg.nothing()));
    }

    /** Waits for its end, at most for this time. */
    Call await(Arg timeout) {
        return Call.may(FUTEX, runs, flags(FUTEX_WAIT), number(1), timeout);
    }

    /** Gives 0 if it has ended. */
    Memory runs() {
        return Memory.compare(runs, 0, Integer.BYTES);
    }
}
