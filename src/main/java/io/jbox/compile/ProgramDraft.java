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
import io.jbox.plan.Words;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A file to execute under construction: jbox's own part of a command, with the programs of the other processes in it. */
final class ProgramDraft {
    /** The exit code of a process that has reported why it ends. */
    static final int DIED = 127;

    private final Kernel kernel;
    private final ByteBuffer memory;
    private final Program program;
    private final ArgumentWriter arguments;
    private final Map<Actor, Long> children = new EnumMap<>(Actor.class);
    private final int firstDescriptor;
    private final Map<Integer, Descriptor> used = new HashMap<>();

    /**
     * @param bytes of memory at most
     * @param firstDescriptor the lowest number that is free when the program opens its first descriptor
     */
    ProgramDraft(Kernel kernel, int bytes, int firstDescriptor) {
        this.kernel = kernel;
        this.memory = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        this.program = new Program(kernel.processor(), memory, ElfImage.DATA_ADDRESS);
        this.arguments = new ArgumentWriter(program, new HashMap<>(), 0);
        this.firstDescriptor = firstDescriptor;
    }

    Kernel kernel() {
        return kernel;
    }

    Program program() {
        return program;
    }

    ArgumentWriter arguments() {
        return arguments;
    }

    /** Turns steps of jbox's own part into ops. */
    Assembler assembler(Failures failures) {
        return new Assembler(program, arguments, failures, children);
    }

    /** Adds the steps of a child that shares the program's memory. */
    void child(Actor actor, List<Step> steps, Failures failures) {
        children.put(actor, program.next());
        assembler(failures).add(steps);
        program.op(Syscall.EXIT_GROUP, DIED);
    }

    /** Gives a descriptor the lowest free number. */
    int assign(Descriptor descriptor) {
        int number = firstDescriptor;
        while (used.containsKey(number)) {
            number++;
        }
        used.put(number, descriptor);
        arguments.open(descriptor, number);
        return number;
    }

    /** Gives a descriptor a number, unless it is open and has one. */
    int keepOrAssign(Descriptor descriptor) {
        Integer number = arguments.open().get(descriptor);
        return number != null && descriptor.equals(used.get(number)) ? number : assign(descriptor);
    }

    /** Frees the number of a closed descriptor. */
    void closed(Descriptor descriptor) {
        Integer number = arguments.open().get(descriptor);
        if (number != null) {
            used.remove(number);
        }
    }

    /**
     * The making of a sealed file in memory.
     *
     * @param places placeholders in it, and cells of the same length that replace them first
     * @param memfdFlags of memfd_create(2)
     */
    Step file(
            Descriptor descriptor,
            String name,
            List<ElfImage.Part> parts,
            Map<String, Arg.Cell> places,
            Arg memfdFlags) {
        Step.Draft step = Step.by(Actor.JBOX, "make the program \"" + name + "\"", Place.DEFAULT)
                .open(descriptor, MEMFD_CREATE, text(name), memfdFlags);
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
        return step.call(
                        FCNTL,
                        fd(descriptor),
                        flags(F_ADD_SEALS),
                        flags(F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE))
                .build();
    }

    private void fill(long address, byte[] bytes, String place, Arg.Cell from) {
        byte[] wanted = place.getBytes(StandardCharsets.US_ASCII);
        for (int at = 0; at + wanted.length <= bytes.length; at++) {
            if (Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
                program.op(SmallOp.COPY, address + at, arguments.address(from), wanted.length);
            }
        }
    }

    /** How much memory it needs, in bytes. */
    int needs() {
        return program.opsLength() + program.dataLength() + Op.SIZE;
    }

    /** All of its memory. */
    byte[] memory() {
        return memory.array();
    }

    /**
     * The file to execute.
     *
     * @param first address of its first op
     */
    byte[] bytes(long first) {
        return ElfImage.file(memory, program, first, arguments.address(Words.STACK));
    }
}
