package io.jbox.kernel;

import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;

/** Memory for bytes that are carried from one descriptor to another. Not thread-safe. */
public final class Buffer implements AutoCloseable {
    private final Kernel kernel;
    private final Arena arena;
    private final Program program;
    private final long memory;
    private final int size;
    private final Op op;

    /** @param size in bytes, fewer than a program's memory has */
    public Buffer(Kernel kernel, int size) {
        this.kernel = kernel;
        this.size = size;
        this.arena = kernel.arena();
        this.program = arena.program();
        this.memory = program.space(size);
        this.op = program.op(Syscall.READ);
    }

    /**
     * Reads once, from the buffer's start on (read(2)).
     *
     * @return the number of bytes; 0 at the end of the file
     */
    public int readFrom(Fd file) throws KernelException {
        return readFrom(file, size);
    }

    /** The same with a limit. */
    public int readFrom(Fd file, long most) throws KernelException {
        return carry(Syscall.READ, file, 0, (int) Math.min(size, most));
    }

    /**
     * Writes once (write(2)).
     *
     * @param start of the bytes in the buffer
     * @return the number of bytes written
     */
    public int writeTo(Fd file, int start, int count) throws KernelException {
        return carry(Syscall.WRITE, file, start, count);
    }

    /** Writes bytes from the buffer's start on, and waits where there is no room though the file is non-blocking. */
    public void writeAllTo(Fd file, int count) throws KernelException {
        int done = 0;
        while (done < count) {
            try {
                done += writeTo(file, done, count - done);
            } catch (KernelException e) {
                if (!e.is(Errno.EAGAIN)) {
                    throw e;
                }
                Poll.awaitWritable(file);
            }
        }
    }

    private int carry(Syscall call, Fd file, int start, int count) throws KernelException {
        op.call(call.number(kernel.processor()))
                .argument(0, file.number())
                .argument(1, memory + start)
                .argument(2, count);
        return (int) Calls.make(kernel, op);
    }

    /** Copies bytes out, from the buffer's start on. */
    public byte[] bytes(int count) {
        return program.read(memory, count);
    }

    /** Copies bytes in, to the buffer's start. */
    public void put(byte[] bytes) {
        program.write(memory, bytes, bytes.length);
    }

    @Override
    public void close() {
        arena.close();
    }
}
