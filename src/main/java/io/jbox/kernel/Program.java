package io.jbox.kernel;

import io.jbox.problem.JboxException;
import io.jbox.problem.RawText;
import io.jbox.uapi.Processor;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Builds a program of system calls in the memory that it will run in.
 *
 * <p>Ops grow upwards from the start of the memory, strings and structures downwards from its end. By default an op
 * continues with the one after it; the last one must be told to {@linkplain Op#next return}.
 */
public final class Program {
    private final Processor processor;
    private final ByteBuffer memory;
    private final long base;
    private int ops;
    private int data;

    /**
     * @param memory zeroed
     * @param base address of the memory in the process that runs the program
     */
    public Program(Processor processor, ByteBuffer memory, long base) {
        this.processor = processor;
        this.memory = memory.order(ByteOrder.LITTLE_ENDIAN);
        this.base = base;
        this.data = memory.capacity();
    }

    /** The processor that determines call numbers and constants. */
    public Processor processor() {
        return processor;
    }

    /** The address of the op that will be added next. */
    public long next() {
        return base + ops;
    }

    /**
     * Adds a call.
     *
     * @throws JboxException if the memory is full
     */
    public Op op(Syscall call, long... arguments) {
        return op(call.number(processor), arguments);
    }

    /** Adds a small op. */
    public Op op(SmallOp small, long... arguments) {
        return op(small.number(), arguments);
    }

    private Op op(long number, long... arguments) {
        if (ops + Op.SIZE > data) {
            throw full();
        }
        Op op = new Op(memory, base, ops);
        memory.putLong(ops, number);
        for (int i = 0; i < arguments.length; i++) {
            op.argument(i, arguments[i]);
        }
        ops += Op.SIZE;
        return op.next(base + ops);
    }

    /**
     * Reserves memory, aligned to 8 bytes and zeroed.
     *
     * @return its address
     */
    public long space(int bytes) {
        int start = (data - bytes) & -Long.BYTES;
        if (start < ops) {
            throw full();
        }
        data = start;
        return base + start;
    }

    private JboxException full() {
        return new JboxException(
                "program is larger than " + memory.capacity() / 1024 + " KiB",
                "use fewer mounts, or shorter arguments and environment");
    }

    /** Adds a NUL-terminated string, in UTF-8 except for raw bytes ({@link RawText}). */
    public long text(String text) {
        byte[] bytes = RawText.encode(text);
        return put(bytes, bytes.length + 1);
    }

    public long bytes(byte[] bytes) {
        return put(bytes, bytes.length);
    }

    /** Adds an array of 64-bit words: pointers, or a structure of them. */
    public long words(long... words) {
        long address = space(words.length * Long.BYTES);
        for (int i = 0; i < words.length; i++) {
            memory.putLong((int) (address - base) + i * Long.BYTES, words[i]);
        }
        return address;
    }

    private long put(byte[] bytes, int size) {
        long address = space(size);
        memory.put((int) (address - base), bytes);
        return address;
    }

    public int readInt(long address) {
        return memory.getInt((int) (address - base));
    }

    public long readLong(long address) {
        return memory.getLong((int) (address - base));
    }

    public void writeByte(long address, byte value) {
        memory.put((int) (address - base), value);
    }

    public void writeInt(long address, int value) {
        memory.putInt((int) (address - base), value);
    }

    public void writeLong(long address, long value) {
        memory.putLong((int) (address - base), value);
    }

    /** Copies memory out. */
    public byte[] read(long address, int bytes) {
        byte[] copy = new byte[bytes];
        memory.get((int) (address - base), copy);
        return copy;
    }

    /** Copies bytes in. */
    public void write(long address, byte[] bytes, int length) {
        memory.put((int) (address - base), bytes, 0, length);
    }

    /** The length of all ops in bytes. */
    public int opsLength() {
        return ops;
    }

    /** The length of all data in bytes. */
    public int dataLength() {
        return memory.capacity() - data;
    }

    /** Removes all ops and data and zeroes their memory. */
    public void clear() {
        memory.put(0, new byte[ops]);
        memory.put(data, new byte[memory.capacity() - data]);
        ops = 0;
        data = memory.capacity();
    }
}
