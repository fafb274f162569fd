package io.jbox.kernel;

import io.jbox.uapi.Processor;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;

/**
 * One system call of a {@link Program}, or a {@link SmallOp}: 96 bytes in the program's memory.
 *
 * <pre>
 *    0  number; negative for a small op
 *    8  six arguments
 *   56  result: the kernel's own, -errno included
 *   64  store: an address that also receives the low 32 bits of the result, or 0
 *   72  the next op after a negative result, or 0 to return
 *   80  … after zero
 *   88  … after a positive result
 * </pre>
 *
 * <p>A {@code clone3} must have no store, because parent and child would both write it (and its result): point {@code
 * parent_tid} and {@code pidfd} at the argument that needs them.
 */
public final class Op {
    /** The size of an op in bytes. */
    public static final int SIZE = 96;

    static final int ARGUMENT = 8;
    static final int RESULT = 56;
    static final int STORE = 64;
    static final int NEGATIVE = 72;
    static final int ZERO = 80;
    static final int POSITIVE = 88;

    private final ByteBuffer memory;
    private final long base;
    private final int offset;

    Op(ByteBuffer memory, long base, int offset) {
        this.memory = memory;
        this.base = base;
        this.offset = offset;
    }

    /** The address of the op in the process that runs the program. */
    public long address() {
        return base + offset;
    }

    /** The address of an argument: the target of another op's {@link #store}. */
    public long argumentAddress(int index) {
        return address() + ARGUMENT + (long) index * Long.BYTES;
    }

    /** The address of the op's 64-bit result. */
    public long resultAddress() {
        return address() + RESULT;
    }

    /** The address of the three addresses of next ops. */
    public long nextAddress() {
        return address() + NEGATIVE;
    }

    /** Changes the system call. */
    public Op call(int number) {
        memory.putLong(offset, number);
        return this;
    }

    /** Whether it is a system call of a kind. */
    boolean is(Syscall call, Processor processor) {
        return memory.getLong(offset) == call.number(processor);
    }

    public Op argument(int index, long value) {
        memory.putLong(offset + ARGUMENT + index * Long.BYTES, value);
        return this;
    }

    /** Also writes the low 32 bits of the result to an address. */
    public Op store(long address) {
        memory.putLong(offset + STORE, address);
        return this;
    }

    /** Sets the next op after a negative result; 0 returns to the caller. */
    public Op onNegative(long next) {
        memory.putLong(offset + NEGATIVE, next);
        return this;
    }

    /** Sets the next op after a result of zero; 0 returns to the caller. */
    public Op onZero(long next) {
        memory.putLong(offset + ZERO, next);
        return this;
    }

    /** Sets the next op after a positive result; 0 returns to the caller. */
    public Op onPositive(long next) {
        memory.putLong(offset + POSITIVE, next);
        return this;
    }

    /** Sets the next op after any result. */
    public Op next(long next) {
        return onNegative(next).onZero(next).onPositive(next);
    }

    /** The kernel's result; also 0 for an op that was never reached. */
    public long result() {
        return memory.getLong(offset + RESULT);
    }
}
