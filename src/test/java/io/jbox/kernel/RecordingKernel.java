package io.jbox.kernel;

import io.jbox.uapi.Processor;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A kernel that walks programs in Java, records every call and answers as told: 0, but for calls that give a descriptor,
 * which get the next number.
 */
public final class RecordingKernel implements Kernel {
    /** One call that was made. */
    public record Made(String name, List<Long> arguments) {}

    /** Answers calls. */
    public interface Answers {
        long to(Syscall call, List<Long> arguments);
    }

    private static final int SIZE = 256 * 1024;
    private static final long BASE = 0x1000_0000L;

    private final List<Made> made = new ArrayList<>();
    private final Answers answers;
    private final List<ByteBuffer> memories = new ArrayList<>();

    public RecordingKernel(Answers answers) {
        this.answers = answers;
    }

    public List<Made> made() {
        return made;
    }

    @Override
    public Processor processor() {
        return Processor.X86_64;
    }

    @Override
    public Arena arena() {
        ByteBuffer memory = ByteBuffer.allocate(SIZE);
        long base = BASE + (long) memories.size() * SIZE;
        memories.add(memory);
        Program program = new Program(processor(), memory, base);
        return new Arena() {
            @Override
            public Program program() {
                return program;
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void walk(long first) {
        long at = first;
        while (at != 0) {
            int index = (int) ((at - BASE) / SIZE);
            ByteBuffer memory = memories.get(index);
            int offset = (int) (at - BASE - (long) index * SIZE);
            long number = memory.getLong(offset);
            Syscall call = number < 0 ? null : Syscall.find(processor(), number);
            List<Long> arguments = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                arguments.add(memory.getLong(offset + Op.ARGUMENT + 8 * i));
            }
            if (call == null && number >= 0) {
                throw new IllegalStateException("no such call at " + at);
            }
            if (call != null) {
                made.add(new Made(call.kernelName(), arguments));
            }
            if (call == Syscall.EXIT_GROUP) {
                return;
            }
            long result = call == null
                    ? walk(SmallOp.values()[(int) (-1 - number)], memory, BASE + (long) index * SIZE, arguments)
                    : answers.to(call, arguments);
            memory.putLong(offset + Op.RESULT, result);
            long store = memory.getLong(offset + Op.STORE);
            if (store != 0) {
                memory.putInt((int) (store - BASE - (long) index * SIZE), (int) result);
            }
            at = memory.getLong(offset + (result < 0 ? Op.NEGATIVE : result == 0 ? Op.ZERO : Op.POSITIVE));
        }
    }

    private static long walk(SmallOp small, ByteBuffer memory, long base, List<Long> arguments) {
        int to = (int) (arguments.get(0) - base);
        switch (small) {
            case COPY -> {
                for (int i = 0; i < arguments.get(2); i++) {
                    memory.put(to + i, memory.get((int) (arguments.get(1) - base) + i));
                }
                return 0;
            }
            case COMPARE -> {
                for (int i = 0; i < arguments.get(2); i++) {
                    if (memory.get(to + i) != memory.get((int) (arguments.get(1) - base) + i)) {
                        return 1;
                    }
                }
                return 0;
            }
            case ADD -> {
                memory.putLong(to, memory.getLong(to) + arguments.get(1));
                return memory.getLong(to);
            }
            default -> throw new IllegalStateException(small + " is in no plan");
        }
    }
}
