package io.jbox.compile;

import io.jbox.kernel.Op;
import io.jbox.kernel.Pidfd;
import io.jbox.kernel.Program;
import io.jbox.kernel.SmallOp;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import io.jbox.program.RouteArg;
import io.jbox.uapi.Processor;
import io.jbox.uapi.Syscall;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns the arguments of a plan into the numbers and addresses of a program. */
public final class ArgumentWriter {

    /** The timeout argument of ppoll(2). */
    private static final int TIMEOUT = 2;

    private final Program program;
    private final Processor processor;
    private final Map<Descriptor, Integer> open;
    private final Cells cells;
    private final Map<Descriptor, Integer> sizes = new HashMap<>();
    /** The addresses of texts, which no program changes. */
    private final Map<String, Long> texts = new HashMap<>();
    /** The ops that copy values known only at run time into the arguments of the next op. */
    private final ArrayDeque<Op> copies = new ArrayDeque<>();

    private final TextArrays arrays;
    private final int initPid;
    private final Arg.Encoder encoder = new Writer();

    /**
     * @param open the numbers of descriptors that are open already
     * @param initPid of the box's first process, for paths below its /proc; 0 if there are none
     */
    public ArgumentWriter(Program program, Map<Descriptor, Integer> open, int initPid) {
        this.program = program;
        this.cells = new Cells(program);
        this.arrays = new TextArrays(program);
        this.processor = program.processor();
        this.open = open;
        this.initPid = initPid;
    }

    /** The address of a cell, reserved at its first use. */
    public long address(Arg.Cell cell) {
        return cells.address(cell);
    }

    /** Returns the 32-bit value that the program has written to a cell. */
    public int read(Arg.Cell cell) {
        return program.readInt(address(cell));
    }

    /** Sets what a cell holds. */
    public void set(CellContent content) {
        program.write(address(content.cell()), content.bytes(), content.bytes().length);
    }

    /** What all cells hold now. */
    public List<CellContent> contents() {
        return cells.contents();
    }

    /** The address that holds the number of a descriptor opened by the program itself. */
    long opened(Descriptor descriptor) {
        return cells.opened(descriptor);
    }

    /** The number of a descriptor that is open from the start; null if it is not. */
    @Nullable
    public Integer number(Descriptor descriptor) {
        return open.get(descriptor);
    }

    /** Sets the number of a descriptor that will be open. */
    void open(Descriptor descriptor, int number) {
        open.put(descriptor, number);
    }

    /** The numbers of all descriptors that are known. */
    Map<Descriptor, Integer> open() {
        return open;
    }

    /** Sets the size of the memory behind a descriptor. */
    void size(Descriptor descriptor, int bytes) {
        sizes.put(descriptor, bytes);
    }

    /** Adds a call, after the ops that fill in its arguments. */
    public Op op(Syscall call, List<Arg> values) {
        addCopies(values);
        boolean isChanged = call == Syscall.PPOLL && values.get(TIMEOUT) instanceof Arg.Struct;
        Op refill = isChanged ? program.op(SmallOp.COPY) : null;
        Op op = arguments(program.op(call), values);
        if (refill != null) {
            // The kernel overwrites it with the remaining time (ppoll(2), "C library/kernel differences").
            long timeout = program.readLong(op.argumentAddress(TIMEOUT));
            long original = program.words(program.readLong(timeout), program.readLong(timeout + Long.BYTES));
            refill.argument(0, timeout).argument(1, original).argument(2, 2 * Long.BYTES);
        }
        return op;
    }

    public Op op(SmallOp small, List<Arg> values) {
        addCopies(values);
        return arguments(program.op(small), values);
    }

    private void addCopies(List<Arg> values) {
        int count = 0;
        for (Arg value : values) {
            count += countUnknown(value);
        }
        for (int i = 0; i < count; i++) {
            copies.add(program.op(SmallOp.COPY));
        }
    }

    private int countUnknown(Arg argument) {
        if (argument instanceof Arg.Struct struct) {
            int count = 0;
            for (Arg.Field field : struct.fields()) {
                count += isUnknown(field.value()) ? 1 : 0;
            }
            return count;
        } else if (argument instanceof RouteArg.Message message) {
            return encode(message).gaps().size();
        }
        return isUnknown(argument) ? 1 : 0;
    }

    /** Whether the value is known only at run time. */
    private boolean isUnknown(Arg argument) {
        return argument instanceof Arg.ValueOf || argument instanceof Arg.Fd fd && cells.opens(fd.descriptor());
    }

    private Op arguments(Op op, List<Arg> values) {
        for (int i = 0; i < values.size(); i++) {
            write(op, i, values.get(i));
        }
        return op;
    }

    /** Writes an argument of an op; a value known only at run time is copied by ops added before it. */
    void write(Op op, int index, Arg argument) {
        if (isUnknown(argument)) {
            copy(argument, op.argumentAddress(index), Long.BYTES);
        } else {
            op.argument(index, write(argument));
        }
    }

    private void copy(Arg argument, long to, int bytes) {
        long from;
        int most;
        if (argument instanceof Arg.ValueOf value) {
            from = cells.address(value);
            most = value.bytes();
        } else {
            from = opened(((Arg.Fd) argument).descriptor());
            most = Long.BYTES;
        }
        copies.remove().argument(0, to).argument(1, from).argument(2, Math.min(bytes, most));
    }

    private long write(Arg argument) {
        if (argument instanceof RouteArg.Message message) {
            return message(message);
        }
        return argument instanceof RouteArg.LengthOf length
                ? encode(length.message()).bytes().length
                : argument.encode(encoder);
    }

    /** Writes what arguments point to. */
    private final class Writer implements Arg.Encoder {
        @Override
        public Processor processor() {
            return program.processor();
        }

        @Override
        public long text(String text) {
            Long address = texts.get(text);
            if (address == null) {
                address = program.text(text);
                texts.put(text, address);
            }
            return address;
        }

        @Override
        public long bytes(byte[] bytes) {
            return program.bytes(bytes);
        }

        @Override
        public long words(long... words) {
            return program.words(words);
        }

        @Override
        public long texts(List<String> texts) {
            return arrays.once(texts);
        }

        @Override
        public long script(String shell, String file, List<String> texts) {
            return arrays.script(shell, file, texts);
        }

        @Override
        public long struct(Arg.Struct struct) {
            return ArgumentWriter.this.struct(struct);
        }

        @Override
        public long pair(Arg.Pair pair) {
            return ArgumentWriter.this.pair(pair);
        }

        @Override
        public long address(Arg.Cell cell, int offset) {
            return ArgumentWriter.this.address(cell) + offset;
        }

        @Override
        public long value(Arg.ValueOf value) {
            throw new IllegalArgumentException("known only when it runs: " + value.notation());
        }

        @Override
        public long allBut(Arg.AllBut kept) {
            throw new IllegalArgumentException("several calls: " + kept.notation());
        }

        @Override
        public int number(Descriptor descriptor) {
            return known(descriptor);
        }

        @Override
        public long size(Descriptor memory) {
            return sizes.getOrDefault(memory, 0);
        }

        @Override
        public String pidOf(Descriptor pidfd) {
            return Pidfd.pidOf(known(pidfd));
        }

        @Override
        public String pathOf(Descriptor descriptor) {
            return FdPath.of(known(descriptor));
        }

        @Override
        public int initPid() {
            return initPid;
        }
    }

    private RouteMessage.Encoded encode(RouteArg.Message message) {
        return RouteMessage.encode(
                message, descriptor -> cells.opens(descriptor) ? null : Integer.valueOf(known(descriptor)));
    }

    private long message(RouteArg.Message message) {
        RouteMessage.Encoded encoded = encode(message);
        long address = program.bytes(encoded.bytes());
        for (RouteMessage.Gap gap : encoded.gaps()) {
            if (gap.argument() instanceof Arg.Cell cell) {
                copies.remove()
                        .argument(0, address + gap.at())
                        .argument(1, address(cell))
                        .argument(2, gap.bytes());
            } else {
                copy(gap.argument(), address + gap.at(), gap.bytes());
            }
        }
        return address;
    }

    /** The address where a call writes two descriptors. */
    public long pair(Arg argument) {
        return address(new Arg.Cell(argument.notation(), Long.BYTES));
    }

    /** The number of a descriptor. */
    public static int number(Map<Descriptor, Integer> open, Descriptor descriptor) {
        Integer number = open.get(descriptor);
        if (number == null) {
            throw new IllegalArgumentException(descriptor + " is not open");
        }
        return number;
    }

    private int known(Descriptor descriptor) {
        return number(open, descriptor);
    }

    private void number(long address, int bytes, long value) {
        if (bytes >= Long.BYTES) {
            program.writeLong(address, value);
        } else if (bytes == Integer.BYTES) {
            program.writeInt(address, (int) value);
        } else {
            for (int i = 0; i < bytes; i++) {
                program.writeByte(address + i, (byte) (value >>> 8 * i));
            }
        }
    }

    private long struct(Arg.Struct struct) {
        int size = 0;
        for (Arg.Field field : struct.fields()) {
            size += field.bytes();
        }
        long address = program.space(size);
        long at = address;
        for (Arg.Field field : struct.fields()) {
            if (field.value() instanceof Arg.Text text) {
                byte[] bytes = text.text().getBytes(StandardCharsets.UTF_8);
                program.write(at, bytes, Math.min(bytes.length, field.bytes() - 1));
            } else if (isUnknown(field.value())) {
                copy(field.value(), at, Math.min(field.bytes(), Long.BYTES));
            } else {
                number(at, field.bytes(), write(field.value()));
            }
            at += field.bytes();
        }
        return address;
    }
}
