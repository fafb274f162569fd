package io.jbox.launch;

import static io.jbox.uapi.Syscall.*;

import io.jbox.compile.ArgumentWriter;
import io.jbox.compile.CallProblem;
import io.jbox.facts.HostFacts;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Poll;
import io.jbox.kernel.Program;
import io.jbox.problem.JboxException;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes jbox's own steps, one call at a time, and can undo them. */
final class StepRunner {
    private final Kernel kernel;
    private final String box;
    private final Effects effects;
    private final Map<Descriptor, Integer> open = new HashMap<>();
    private final List<String> madeFolders = new ArrayList<>();
    private @Nullable RouteCalls routes;

    /** @param effects carries out what is no system call, nor a program that the box needs */
    StepRunner(Kernel kernel, String box, Effects effects) {
        this.effects = effects;
        this.kernel = kernel;
        this.box = box;
    }

    /** The descriptors that are open; may be changed. */
    Map<Descriptor, Integer> open() {
        return open;
    }

    /** The number of a descriptor that a step has opened. */
    int number(Descriptor descriptor) {
        return ArgumentWriter.number(open, descriptor);
    }

    /**
     * @param initPid of the box's first process; 0 before there is one
     * @throws JboxException if a call fails; nothing is undone yet
     */
    void run(List<Step> steps, int initPid) {
        for (Step step : steps) {
            run(step, initPid);
        }
    }

    private void run(Step step, int initPid) {
        if (RouteCalls.has(step)) {
            routes().run(step, open);
            return;
        }
        // The calls of a step share their memory: one reads what another has written.
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            ArgumentWriter arguments = new ArgumentWriter(program, open, initPid);
            for (Statement statement : step.body()) {
                if (statement instanceof Effect effect) {
                    carryOut(step, effect, initPid);
                } else if (!(statement instanceof Call call)) {
                    throw new IllegalArgumentException(step.subject() + ": jbox's own part has calls and effects only");
                } else if (!run(step, call, program, arguments)) {
                    return;
                }
            }
        }
    }

    private void carryOut(Step step, Effect effect, int initPid) {
        if (effect instanceof Effect.HostProgram program) {
            effects.execute(kernel, box, step, program, open, initPid);
        } else if (effect instanceof Effect.Journal journal) {
            routes().remember(step, journal);
        } else {
            effects.carryOut(step, effect, open, initPid);
        }
    }

    /**
     * Takes steps that are about a process. If one fails because somebody has killed the process, the error says so.
     *
     * @param pidfd of the process; negative if it was gone already
     * @param who what the error calls the process
     */
    void run(List<Step> steps, int initPid, int pidfd, String who) {
        try {
            run(steps, initPid);
        } catch (JboxException e) {
            throw hasEnded(pidfd) ? new JboxException(box + ": the " + who + " was killed") : e;
        }
    }

    /** Whether the process of a pidfd has ended. */
    boolean hasEnded(int pidfd) {
        return pidfd < 0 || Poll.isReadable(kernel, pidfd, 0);
    }

    private RouteCalls routes() {
        if (routes == null) {
            routes = new RouteCalls(kernel, box);
        }
        return routes;
    }

    /** Returns whether the step goes on. */
    private boolean run(Step step, Call call, Program program, ArgumentWriter arguments) {
        if (RouteCalls.isSocket(call)) {
            routes().open(step, call, open);
            return true;
        }
        Op op = arguments.op(call.syscall(), call.arguments()).next(0);
        long result;
        if (call.syscall() == CLOSE) {
            // It is closed even where a signal interrupts that: another descriptor may have the number by then.
            kernel.walk(op.address());
            result = op.result() == -Errno.EINTR ? 0 : op.result();
        } else {
            result = kernel.make(op);
        }
        if (result < 0 && call.outcome() == Call.Outcome.ELSE_SKIP_STEP) {
            return false;
        }
        if (result < 0 && call.outcome() != Call.Outcome.MAY_FAIL) {
            throw new JboxException(CallProblem.of(box, step, call, result));
        }
        if (call.syscall() == CLOSE && call.arguments().get(0) instanceof Arg.Fd closed) {
            open.remove(closed.descriptor());
        }
        if (call.result() != null && result >= 0) {
            open.put(call.result(), (int) result);
        }
        for (Arg argument : call.arguments()) {
            if (argument instanceof Arg.Pair pair) {
                long cell = arguments.pair(pair);
                open.put(pair.first(), program.readInt(cell));
                open.put(pair.second(), program.readInt(cell + Integer.BYTES));
            }
        }
        if (call.syscall() == MKDIRAT && result == 0 && call.arguments().get(1) instanceof Arg.Text path) {
            madeFolders.add(path.text());
        }
        return true;
    }

    /** Closes a descriptor if it is open. */
    void close(Descriptor descriptor) {
        Integer number = open.remove(descriptor);
        if (number != null) {
            kernel.call(Syscall.CLOSE, number);
        }
    }

    /** Closes the sockets of network messages; the other descriptors now belong to the caller. */
    Map<Descriptor, Integer> handOver() {
        closeRoutes();
        return open;
    }

    private void closeRoutes() {
        if (routes != null) {
            routes.close();
            routes = null;
        }
    }

    /** Closes every descriptor. */
    void closeAll() {
        closeRoutes();
        for (Descriptor descriptor : List.copyOf(open.keySet())) {
            close(descriptor);
        }
    }

    /** Closes every descriptor, and takes away the folders that were made, if there is nothing in them but what a start makes. */
    void undo() {
        closeAll();
        for (int i = madeFolders.size() - 1; i >= 0; i--) {
            removeNames(madeFolders.get(i) + "/etc");
            // What overlayfs makes in its work folder as soon as it is mounted.
            removeFolder(madeFolders.get(i) + "/work");
            removeFolder(madeFolders.get(i) + "/index");
            removeFolder(madeFolders.get(i));
        }
    }

    /** What a start has written to the upper folder that it made. The box may have made a link of the folder: none is followed. */
    private void removeNames(String folder) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long flags = Constants.O_PATH
                    | Constants.O_CLOEXEC
                    | Flag.O_DIRECTORY.value(kernel.processor())
                    | Flag.O_NOFOLLOW.value(kernel.processor());
            Op open = program.op(Syscall.OPENAT, Constants.AT_FDCWD, program.text(folder), flags, 0)
                    .next(0);
            kernel.walk(open.address());
            if (open.result() < 0) {
                return;
            }
            for (String name : HostFacts.Etc.FILES) {
                kernel.walk(program.op(Syscall.UNLINKAT, open.result(), program.text(name), 0)
                        .next(0)
                        .address());
            }
            kernel.call(Syscall.CLOSE, open.result());
        }
        removeFolder(folder);
    }

    private void removeFolder(String path) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.UNLINKAT, Constants.AT_FDCWD, program.text(path), Constants.AT_REMOVEDIR)
                    .next(0);
            kernel.walk(op.address());
        }
    }
}
