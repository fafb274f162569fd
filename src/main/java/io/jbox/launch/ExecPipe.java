package io.jbox.launch;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Program;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** jbox's end of the pipe that closes when a program was executed, or never will be. */
final class ExecPipe {
    /** Bytes of the first message: the ids of the sender and of the process that it has made. */
    static final int PIDS = 2 * Integer.BYTES;

    private static final int CHUNK = 64 * 1024;

    private ExecPipe() {}

    /** Blocks until data arrives; returns at most this many bytes, none at the end of file. */
    static byte[] read(Kernel kernel, Fd pipe, int most) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long buffer = program.space(most);
            long length = kernel.make(program.op(Syscall.READ, pipe.number(), buffer, most));
            return program.read(buffer, (int) Math.max(0, length));
        }
    }

    /** The second id of a first message; 0 if it is the beginning of a report instead. */
    static int child(byte[] message) {
        return message.length == PIDS
                ? ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getInt(Integer.BYTES)
                : 0;
    }

    /** Blocks until the end of file: the program runs, or never will. */
    static byte[] readAll(Kernel kernel, Fd pipe) {
        return readAll(kernel, pipe, new byte[0]);
    }

    /** The same after some bytes were read already. */
    static byte[] readAll(Kernel kernel, Fd pipe, byte[] begun) {
        byte[] all = begun;
        while (true) {
            byte[] more = read(kernel, pipe, CHUNK);
            if (more.length == 0) {
                return all;
            }
            int length = all.length;
            all = Arrays.copyOf(all, length + more.length);
            System.arraycopy(more, 0, all, length, more.length);
        }
    }
}
