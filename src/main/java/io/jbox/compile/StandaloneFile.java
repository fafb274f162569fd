package io.jbox.compile;

import static io.jbox.uapi.Syscall.*;

import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.SmallOp;
import io.jbox.plan.Descriptors;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A command as a file to execute. It cannot leave the work to jbox, so it prints its own errors.
 *
 * <p>The branches that it takes, and so the number of open descriptors, are known only when it runs. So each descriptor
 * of jbox's own part has a fixed number, and is moved there if the kernel returns another one.
 */
final class StandaloneFile {
    private static final int STANDARD_ERROR = 2;

    private final ProgramDraft draft;
    private final Program program;
    private final String prefix;
    private final int failed;
    private final int behind;
    private final List<SpokenFailures> voices = new ArrayList<>();
    private final ToldFailures failures;
    private final Assembler assembler;
    private final long first;

    /**
     * @param box named in its messages
     * @param failed the exit code where it fails itself
     * @param bytes of memory at most
     * @param firstDescriptor the lowest number of its own descriptors
     * @param behind a number above all of them
     */
    StandaloneFile(Kernel kernel, String box, int failed, int bytes, int firstDescriptor, int behind) {
        this.behind = behind;
        this.draft = new ProgramDraft(kernel, bytes, firstDescriptor);
        this.program = draft.program();
        this.prefix = "jbox: " + box + ": ";
        this.failed = failed;
        this.failures = told(STANDARD_ERROR);
        this.assembler = draft.assembler(failures);
        this.first = program.next();
        assembler.own(new Placed());
    }

    private ToldFailures told(int descriptor) {
        SpokenFailures spoken = new SpokenFailures(program, new SpokenFailures.Voice(prefix, failed, descriptor, true));
        voices.add(spoken);
        return new ToldFailures(program, spoken);
    }

    /** Adds jbox's own steps. */
    void add(List<Step> steps) {
        assembler.add(steps);
    }

    /** Adds steps whose descriptor numbers no other program needs to know. */
    void addLater(List<Step> steps) {
        assembler.own(null);
        assembler.add(steps);
    }

    /** The numbers of the descriptors that may be open so far. */
    Map<Descriptor, Integer> open() {
        return draft.arguments().open();
    }

    /** How processes with separate memory report failures: through the exec pipe. */
    SpokenFailures.Voice voiceOfChildren() {
        return new SpokenFailures.Voice(prefix, failed, ArgumentWriter.number(open(), Descriptors.EXEC), true);
    }

    /** Adds the making of a sealed file in memory. */
    void file(Descriptor descriptor, String name, List<ElfImage.Part> parts, Arg memfdFlags) {
        assembler.add(List.of(draft.file(descriptor, name, parts, Map.of(), memfdFlags)));
    }

    /** Adds the steps of a child that shares the program's memory; its failures are reported through the exec pipe. */
    void child(Actor actor, List<Step> steps) {
        Op over = program.op(SmallOp.COPY);
        draft.child(actor, steps, told(ArgumentWriter.number(open(), Descriptors.EXEC)));
        over.next(program.next());
    }

    /** Moves descriptors to their numbers. */
    private final class Placed implements Assembler.OwnPart {
        @Override
        public void added(Op op, Step step, Call call, boolean sometimes) {
            if (call.result() != null) {
                if (call.outcome() == Call.Outcome.MAY_FAIL) {
                    throw new IllegalArgumentException(call.notation() + ": what may fail opens nothing");
                }
                place(op.resultAddress(), call.result(), step);
            }
            for (Arg argument : call.arguments()) {
                if (argument instanceof Arg.Pair pair) {
                    long pipe = draft.arguments().pair(pair);
                    // It may have the number to which the first one is moved.
                    lift(pipe + Integer.BYTES, step);
                    place(pipe, pair.first(), step);
                    place(pipe + Integer.BYTES, pair.second(), step);
                }
            }
            // It may still be open if another branch is taken.
            if (!sometimes && call.syscall() == CLOSE && call.arguments().get(0) instanceof Arg.Fd closed) {
                draft.closed(closed.descriptor());
            }
        }

        @Override
        public void forked(Step step) {
            Descriptor child = new Descriptor(Descriptors.CHILD_PIDFD.name());
            place(draft.arguments().address(Descriptors.CHILD_PIDFD), child, step);
        }

        /** Moves a descriptor above all fixed numbers. */
        private void lift(long cell, Step step) {
            Op old = program.op(SmallOp.COPY);
            Op given = program.op(SmallOp.COPY);
            Op move = program.op(Syscall.FCNTL, 0, Constants.F_DUPFD_CLOEXEC, behind)
                    .store(cell);
            given.argument(0, move.argumentAddress(0)).argument(1, cell).argument(2, Integer.BYTES);
            failures.connect(move, step, Syscall.FCNTL);
            Op close = program.op(Syscall.CLOSE, 0);
            old.argument(0, close.argumentAddress(0)).argument(1, cell).argument(2, Integer.BYTES);
        }

        /** @param cell address of the number that the kernel has given, 4 bytes */
        private void place(long cell, Descriptor descriptor, Step step) {
            int number = draft.keepOrAssign(descriptor);
            long wanted = program.words(number);
            Op same = program.op(SmallOp.COMPARE, cell, wanted, Integer.BYTES);
            Op given = program.op(SmallOp.COPY);
            Op move = program.op(Syscall.DUP3, 0, number, Constants.O_CLOEXEC);
            given.argument(0, move.argumentAddress(0)).argument(1, cell).argument(2, Integer.BYTES);
            failures.connect(move, step, Syscall.DUP3);
            Op old = program.op(SmallOp.COPY);
            Op close = program.op(Syscall.CLOSE, 0);
            old.argument(0, close.argumentAddress(0)).argument(1, cell).argument(2, Integer.BYTES);
            program.op(SmallOp.COPY, cell, wanted, Integer.BYTES);
            same.onZero(program.next());
        }
    }

    /** Adds the ops that all failures share, behind everything else. */
    void finish() {
        program.op(Syscall.EXIT_GROUP, failed).next(0);
        voices.forEach(SpokenFailures::finish);
    }

    /** The program under construction. */
    ProgramDraft draft() {
        return draft;
    }

    /** The file to execute. */
    byte[] bytes() {
        return draft.bytes(first);
    }
}
