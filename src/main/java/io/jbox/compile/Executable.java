package io.jbox.compile;

import static io.jbox.program.Arg.number;
import static io.jbox.uapi.Syscall.*;

import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.SmallOp;
import io.jbox.plan.Descriptors;
import io.jbox.plan.Words;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;
import java.util.List;
import java.util.Map;

/**
 * jbox's own part of a command as a file to execute: with the programs of the other processes in it, and without a JVM.
 *
 * <p>It begins with all low descriptor numbers in use, so the numbers of the descriptors that it opens are predictable
 * as long as all calls succeed. Each number is compared, and the program gives up if it differs.
 */
public final class Executable {
    private static final Descriptor CHILD = new Descriptor("child-pidfd");

    private final ProgramDraft draft;
    private final Program program;
    private final ArgumentWriter arguments;
    private final Deoptimisation failures;
    private final Assembler assembler;
    private final long first;

    /**
     * @param launcher path of jbox, which the program becomes when it gives up
     * @param bytes of memory at most
     * @param firstDescriptor the lowest number that is free when the program opens its first one
     */
    public Executable(Kernel kernel, String launcher, int bytes, int firstDescriptor) {
        this.draft = new ProgramDraft(kernel, bytes, firstDescriptor);
        this.program = draft.program();
        this.arguments = draft.arguments();
        this.failures = new Deoptimisation(Deoptimisation.becomeJbox(program, arguments, launcher, Words.ENVP));
        this.assembler = draft.assembler(failures);
        this.first = program.next();
        assembler.own(new Foreseen());
    }

    /** Adds jbox's own steps. */
    public void add(List<Step> steps) {
        assembler.add(steps);
    }

    /** Adds steps whose descriptor numbers no other program needs to know. */
    public void addLater(List<Step> steps) {
        assembler.own(null);
        assembler.add(steps);
    }

    /** The numbers of the descriptors that are open so far. */
    public Map<Descriptor, Integer> open() {
        return arguments.open();
    }

    /** Adds the making of a sealed file in memory. */
    public void file(Descriptor descriptor, String name, List<ElfImage.Part> parts) {
        file(descriptor, name, parts, Map.of());
    }

    /**
     * The same for a program with places that are filled in first.
     *
     * @param places placeholders in it, and cells of the same length that replace them
     */
    public void file(Descriptor descriptor, String name, List<ElfImage.Part> parts, Map<String, Arg.Cell> places) {
        assembler.add(List.of(draft.file(descriptor, name, parts, places, number(memfdFlags()))));
    }

    /** Before Linux 6.3 every memfd was executable, and there was no flag for it. */
    private long memfdFlags() {
        return Constants.MFD_CLOEXEC
                | Constants.MFD_ALLOW_SEALING
                | (ElfImage.hasExecutableFlag(draft.kernel()) ? Constants.MFD_EXEC : 0);
    }

    /** Adds the steps of a child that shares the program's memory; its failures are reported through the exec pipe. */
    public void child(Actor actor, List<Step> steps) {
        Op over = program.op(SmallOp.COPY);
        Op die = program.op(Syscall.WRITE, ArgumentWriter.number(open(), Descriptors.EXEC), program.text("x"), 1);
        program.op(Syscall.EXIT_GROUP, ProgramDraft.DIED);
        draft.child(actor, steps, new ReportedFailures(program, die.address()));
        over.next(program.next());
    }

    /** Compares the numbers of descriptors with those that they must have. */
    private final class Foreseen implements Assembler.OwnPart {
        @Override
        public void added(Op op, Step step, Call call, boolean sometimes) {
            if (call.result() != null) {
                long number = draft.assign(call.result());
                failures.unless(program.op(SmallOp.COMPARE, op.resultAddress(), program.words(number), Long.BYTES));
            }
            for (Arg argument : call.arguments()) {
                if (argument instanceof Arg.Pair pair) {
                    long one = draft.assign(pair.first());
                    long other = draft.assign(pair.second());
                    failures.unless(program.op(
                            SmallOp.COMPARE,
                            arguments.pair(pair),
                            program.words(one | other << Integer.SIZE),
                            Long.BYTES));
                }
            }
            if (call.syscall() == CLOSE && call.arguments().get(0) instanceof Arg.Fd closed) {
                draft.closed(closed.descriptor());
            }
        }

        @Override
        public void forked(Step step) {
            // Its pidfd.
            draft.assign(CHILD);
        }
    }

    /** How much memory it needs, in bytes. */
    int needs() {
        return draft.needs();
    }

    /** The file to execute. */
    public byte[] bytes() {
        program.op(Syscall.EXIT_GROUP, ProgramDraft.DIED).next(0);
        return draft.bytes(first);
    }
}
