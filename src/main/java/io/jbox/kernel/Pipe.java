package io.jbox.kernel;

import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A new pipe (pipe2(2)): two descriptors, each closed by whom it is given to. */
public record Pipe(Fd read, Fd write) {
    /** @param flags O_NONBLOCK or 0; O_CLOEXEC is added */
    public static Pipe open(Kernel kernel, long flags) throws KernelException {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long pair = program.space(2 * Integer.BYTES);
            Calls.make(kernel, program.op(Syscall.PIPE2, pair, flags | Constants.O_CLOEXEC));
            return new Pipe(Fd.of(kernel, program.readInt(pair)), Fd.of(kernel, program.readInt(pair + Integer.BYTES)));
        }
    }

    /**
     * Copies what is in one pipe into another without reading it away (tee(2)).
     *
     * @return the number of bytes; 0 at the end
     * @throws KernelException with EAGAIN where there is nothing to copy, or no room
     */
    public static int duplicate(Fd from, Fd to, int most) throws KernelException {
        return (int) from.call(Syscall.TEE, to.number(), most, Constants.SPLICE_F_NONBLOCK);
    }

    /** Changes how much a pipe can hold (fcntl(2), F_SETPIPE_SZ); returns false if that is not granted. */
    public static boolean tryResize(Fd pipe, int bytes) {
        try {
            pipe.call(Syscall.FCNTL, Constants.F_SETPIPE_SZ, bytes);
            return true;
        } catch (KernelException e) {
            return false;
        }
    }

    /** The number of bytes in a pipe (ioctl(2), FIONREAD); 0 where it has been closed. */
    public static int unread(Fd pipe) {
        byte[] count = new byte[Integer.BYTES];
        try {
            Ioctl.exchange(pipe, Constants.FIONREAD, count);
        } catch (KernelException e) {
            return 0;
        }
        return ByteBuffer.wrap(count).order(ByteOrder.LITTLE_ENDIAN).getInt();
    }
}
