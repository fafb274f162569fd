package io.jbox.compile;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.SmallOp;
import io.jbox.plan.Descriptors;
import io.jbox.plan.Words;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * jbox's own part of a command as a file to execute: with the programs of the other processes in it, and without a JVM.
 *
 * <p>It begins with all low numbers of descriptors in use, so the numbers of those that it opens can be foreseen as long as
 * all calls succeed; each is compared, and the program gives up where it is another.
 */
public final class Executable {
    private static final int DIED = 127;
    private static final Descriptor CHILD = new Descriptor("child-pidfd");

    private final Kernel kernel;
    private final int firstDescriptor;
    private final ByteBuffer memory;
    private final Program program;
    private final ArgumentWriter arguments;
    private final Deoptimisation failures;
    private final Assembler assembler;
    private final Map<Actor, Long> children = new EnumMap<>(Actor.class);
    private final TreeSet<Integer> used = new TreeSet<>();
    private final long first;

    /**
     * @param launcher path of jbox, which the program becomes when it gives up
     * @param bytes of memory at most
     * @param firstDescriptor the lowest number that is free when the program opens its first one
     */
    public Executable(Kernel kernel, String launcher, int bytes, int firstDescriptor) {
        this.firstDescriptor = firstDescriptor;
        this.kernel = kernel;
        this.memory = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        this.program = new Program(kernel.processor(), memory, ElfImage.DATA_ADDRESS);
        this.arguments = new ArgumentWriter(program, new HashMap<>(), 0);
        this.failures =
                new Deoptimisation(program, Deoptimisation.becomeJbox(program, arguments, launcher, Words.ENVP));
        this.assembler = new Assembler(program, arguments, failures, children);
        this.first = program.next();
        assembler.own(new Foreseen());
    }

    /** Adds steps of jbox's own. */
    public void add(List<Step> steps) {
        assembler.add(steps);
    }

    /** Adds steps whose descriptors have numbers that nobody else needs to know. */
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
     * @param places texts in it, and what replaces them, as long
     */
    public void file(Descriptor descriptor, String name, List<ElfImage.Part> parts, Map<String, Arg.Cell> places) {
        Step.Draft step = Step.by(Actor.JBOX, "make the program \"" + name + "\"", Place.DEFAULT)
                .open(descriptor, MEMFD_CREATE, text(name), number(memfdFlags()));
        for (ElfImage.Part part : parts) {
            long address = program.bytes(part.bytes());
            for (Map.Entry<String, Arg.Cell> place : places.entrySet()) {
                fill(address, part.bytes(), place.getKey(), place.getValue());
            }
            step.call(
                    PWRITE64,
                    fd(descriptor),
                    new Arg.Address(address),
                    number(part.bytes().length),
                    number(part.offset()));
        }
        step.call(
                FCNTL,
                fd(descriptor),
                flags(F_ADD_SEALS),
                flags(F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE));
        assembler.add(List.of(step.build()));
    }

    private void fill(long address, byte[] bytes, String place, Arg.Cell from) {
        byte[] wanted = place.getBytes(StandardCharsets.US_ASCII);
        for (int at = 0; at + wanted.length <= bytes.length; at++) {
            if (Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
                program.op(SmallOp.COPY, address + at, arguments.address(from), wanted.length);
            }
        }
    }

    /** Before Linux 6.3 every memfd was executable, and there was no flag for it. */
    private long memfdFlags() {
        return Constants.MFD_CLOEXEC
                | Constants.MFD_ALLOW_SEALING
                | (ElfImage.hasExecutableFlag(kernel) ? Constants.MFD_EXEC : 0);
    }

    /** Adds what a child does that shares the program's memory; what fails there is told through the exec pipe. */
    public void child(Actor actor, List<Step> steps) {
        Op over = program.op(SmallOp.COPY);
        Op die = program.op(Syscall.WRITE, ArgumentWriter.number(open(), Descriptors.EXEC), program.text("x"), 1);
        program.op(Syscall.EXIT_GROUP, DIED);
        Failures reported = new ReportedFailures(program, die.address());
        children.put(actor, program.next());
        new Assembler(program, arguments, reported, children).add(steps);
        program.op(Syscall.EXIT_GROUP, DIED);
        over.next(program.next());
    }

    /** Compares the numbers of descriptors with those that they must have. */
    private final class Foreseen implements Assembler.OwnPart {
        @Override
        public void added(Op op, Call call) {
            if (call.result() != null) {
                long number = opened(call.result());
                failures.unless(program.op(SmallOp.COMPARE, op.resultAddress(), program.words(number), Long.BYTES));
            }
            for (Arg argument : call.arguments()) {
                if (argument instanceof Arg.Pair pair) {
                    long one = opened(pair.first());
                    long other = opened(pair.second());
                    failures.unless(program.op(
                            SmallOp.COMPARE,
                            arguments.pair(pair),
                            program.words(one | other << Integer.SIZE),
                            Long.BYTES));
                }
            }
            if (call.syscall() == CLOSE && call.arguments().get(0) instanceof Arg.Fd closed) {
                Integer number = open().get(closed.descriptor());
                if (number != null) {
                    used.remove(number);
                }
            }
        }

        @Override
        public void forked() {
            // Its pidfd.
            opened(CHILD);
        }
    }

    private int opened(Descriptor descriptor) {
        int number = firstDescriptor;
        while (used.contains(number)) {
            number++;
        }
        used.add(number);
        arguments.open(descriptor, number);
        return number;
    }

    /** How much memory it needs, in bytes. */
    int needs() {
        return program.opsLength() + program.dataLength() + Op.SIZE;
    }

    /** The file to execute. */
    public byte[] bytes() {
        program.op(Syscall.EXIT_GROUP, DIED).next(0);
        return ElfImage.file(memory, program, first, arguments.address(Words.STACK));
    }
}
