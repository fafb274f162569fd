package io.jbox.compile;

import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Descriptors;
import io.jbox.problem.JboxException;
import io.jbox.program.Actor;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A program in memory of its own, of one process or of several. What fails in any of them comes back through the exec pipe
 * as the ops themselves with their results.
 */
public final class Image {
    private static final int DIED = 127;

    private final Kernel kernel;
    private final ByteBuffer memory;
    private final Program program;
    private final ArgumentWriter arguments;
    private final Op report;
    private final Failures failures;
    private final List<Assembler> assemblers = new ArrayList<>();
    private final Map<Actor, Long> first = new EnumMap<>(Actor.class);

    /**
     * @param base the address that the program has where it runs
     * @param open the numbers of the descriptors that its processes begin with; EXEC among them
     * @param processes the steps of all of them
     */
    public Image(Kernel kernel, long base, Map<Descriptor, Integer> open, List<List<Step>> processes) {
        this.kernel = kernel;
        List<Step> all = new ArrayList<>();
        for (List<Step> steps : processes) {
            all.addAll(steps);
        }
        this.memory = ByteBuffer.allocate(ProgramSize.of(all)).order(ByteOrder.LITTLE_ENDIAN);
        this.program = new Program(kernel.processor(), memory, base);
        this.arguments = new ArgumentWriter(program, new HashMap<>(open), 0);
        this.report = program.op(Syscall.WRITE, ArgumentWriter.number(open, Descriptors.EXEC), base, 0);
        program.op(Syscall.EXIT_GROUP, DIED);
        this.failures = new ReportedFailures(program, report.address());
    }

    /** Says where a process begins that is in another image. */
    public Image knowing(Actor actor, Image other) {
        first.put(actor, other.first(actor));
        return this;
    }

    /** How much memory a descriptor of another image's memory has. */
    public Image knowing(Descriptor memoryOfAnother, Image other) {
        arguments.size(memoryOfAnother, other.memory.capacity());
        return this;
    }

    /** Adds a process; those that it makes must have been added. */
    public Image add(Actor actor, List<Step> steps) {
        Assembler assembler = new Assembler(program, arguments, failures, first);
        first.put(actor, program.next());
        assembler.add(steps);
        program.op(Syscall.EXIT_GROUP, DIED);
        assemblers.add(assembler);
        return this;
    }

    private long first(Actor actor) {
        Long address = first.get(actor);
        if (address == null) {
            throw new IllegalArgumentException(actor + " is not in the program");
        }
        return address;
    }

    /** The program as a descriptor to execute; it begins as one of the processes. */
    public int executable(String name, Actor actor) {
        report.argument(2, program.opsLength());
        return ElfImage.create(kernel, name, memory, program, first(actor));
    }

    /** Its memory as a descriptor to map. */
    public int memory(String name) {
        report.argument(2, program.opsLength());
        return ElfImage.createMemory(kernel, name, memory, program);
    }

    /** How many bytes a report has. */
    public int reportLength() {
        return program.opsLength();
    }

    /** What went wrong, of a report; null if that says nothing. */
    @Nullable
    public JboxException failure(String box, byte[] ops) {
        memory.put(0, ops, 0, Math.min(ops.length, program.opsLength()));
        for (Assembler assembler : assemblers) {
            JboxException failure = assembler.findFailure(box);
            if (failure != null) {
                return failure;
            }
        }
        return null;
    }
}
