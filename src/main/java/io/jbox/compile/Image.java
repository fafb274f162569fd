package io.jbox.compile;

import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.plan.Descriptors;
import io.jbox.plan.Words;
import io.jbox.problem.JboxException;
import io.jbox.program.Actor;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A program in separate memory, for one process or several. Failures of any of them come back through the exec pipe as
 * the ops themselves with their results.
 */
public final class Image {
    private static final int DIED = 127;

    private final Kernel kernel;
    private final ByteBuffer memory;
    private final Program program;
    private final ArgumentWriter arguments;
    private final @Nullable Op report;
    private final @Nullable ReportedFailures reported;
    private final @Nullable SpokenFailures spoken;
    private final Failures failures;
    private final Map<Actor, Long> first = new EnumMap<>(Actor.class);

    /**
     * @param base the program's address where it runs
     * @param open the numbers of the descriptors that its processes start with; EXEC among them
     * @param processes the steps of all of them
     */
    public Image(Kernel kernel, long base, Map<Descriptor, Integer> open, List<List<Step>> processes) {
        this.kernel = kernel;
        this.memory = ByteBuffer.allocate(ProgramSize.of(all(processes))).order(ByteOrder.LITTLE_ENDIAN);
        this.program = new Program(kernel.processor(), memory, base);
        this.arguments = new ArgumentWriter(program, new HashMap<>(open), 0);
        this.report = program.op(Syscall.WRITE, ArgumentWriter.number(open, Descriptors.EXEC), base, 0);
        program.op(Syscall.EXIT_GROUP, DIED);
        this.reported = new ReportedFailures(program, report.address());
        this.failures = reported;
        this.spoken = null;
    }

    /** An image whose processes print their own failures. */
    Image(
            Kernel kernel,
            long base,
            Map<Descriptor, Integer> open,
            List<List<Step>> processes,
            SpokenFailures.Voice voice) {
        this.kernel = kernel;
        this.memory = ByteBuffer.allocate(ProgramSize.ofSpoken(all(processes))).order(ByteOrder.LITTLE_ENDIAN);
        this.program = new Program(kernel.processor(), memory, base);
        this.arguments = new ArgumentWriter(program, new HashMap<>(open), 0);
        this.report = null;
        this.reported = null;
        this.spoken = new SpokenFailures(program, voice);
        this.failures = new ToldFailures(program, spoken);
    }

    private static List<Step> all(List<List<Step>> processes) {
        List<Step> all = new ArrayList<>();
        for (List<Step> steps : processes) {
            all.addAll(steps);
        }
        return all;
    }

    /** Sets the start of a process that is in another image. */
    public Image knowing(Actor actor, Image other) {
        first.put(actor, other.first(actor));
        return this;
    }

    /** Sets the memory size of another image's descriptor. */
    public Image knowing(Descriptor memoryOfAnother, Image other) {
        arguments.size(memoryOfAnother, other.memory.capacity());
        return this;
    }

    /** Adds a process; the processes that it makes must have been added. */
    public Image add(Actor actor, List<Step> steps) {
        first.put(actor, program.next());
        new Assembler(program, arguments, failures, first).add(steps);
        program.op(Syscall.EXIT_GROUP, DIED);
        return this;
    }

    private long first(Actor actor) {
        Long address = first.get(actor);
        if (address == null) {
            throw new IllegalArgumentException(actor + " is not in the program");
        }
        return address;
    }

    private void finish() {
        if (spoken != null) {
            spoken.finish();
        } else if (report != null) {
            report.argument(2, program.opsLength());
        }
    }

    /** Makes a descriptor to execute; it starts as one of the processes. */
    public int executable(String name, Actor actor) {
        finish();
        return ElfImage.create(kernel, name, memory, program, first(actor));
    }

    /** The content of the file to execute, for a program whose processes read their words. */
    public List<ElfImage.Part> parts(Actor actor) {
        finish();
        return ElfImage.parts(memory, program, first(actor), arguments.address(Words.STACK));
    }

    /** The content of the file with its memory, to map. */
    public List<ElfImage.Part> memoryParts() {
        finish();
        return ElfImage.memoryParts(memory, program);
    }

    /** Makes a descriptor of its memory to map. */
    public int memory(String name) {
        finish();
        return ElfImage.createMemory(kernel, name, memory, program);
    }

    /** The length of a failure report in bytes. */
    public int reportLength() {
        return program.opsLength();
    }

    /** Parses a failure report; null if there was no failure. */
    @Nullable
    public JboxException failure(String box, byte[] ops) {
        memory.put(0, ops, 0, Math.min(ops.length, program.opsLength()));
        return reported == null ? null : reported.find(box);
    }
}
