package io.jbox.terminal;

import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.Op;
import io.jbox.kernel.Pipe;
import io.jbox.kernel.Program;
import io.jbox.kernel.SpawnedImage;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Restores a terminal even if this process is killed: a program of four system calls waits for the end of a pipe that
 * only this process holds open, and then sets the terminal.
 */
public final class TerminalGuard implements AutoCloseable {
    private static final int SIZE = 4096;

    private final Fd pipe;
    private final SpawnedImage child;
    private boolean closed;

    private TerminalGuard(Fd pipe, SpawnedImage child) {
        this.pipe = pipe;
        this.child = child;
    }

    /** Guards a terminal that has not been changed yet. */
    public static TerminalGuard of(Terminal terminal) {
        Kernel kernel = terminal.kernel();
        Pipe pipe = pipe(kernel);
        try (Fd read = pipe.read();
                Fd write = pipe.write();
                Fd image = image(kernel, terminal, read)) {
            SpawnedImage child =
                    SpawnedImage.start(kernel, image, "jbox: guard of a terminal", terminal.descriptor(), read);
            return new TerminalGuard(write.release(), child);
        }
    }

    private static Pipe pipe(Kernel kernel) {
        try {
            return Pipe.open(kernel, 0);
        } catch (KernelException e) {
            throw e.about("guard of the terminal: pipe2");
        }
    }

    private static Fd image(Kernel kernel, Terminal terminal, Fd pipe) {
        byte[] settings = terminal.settings();
        ByteBuffer memory = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        Program program = new Program(kernel.processor(), memory, ElfImage.DATA_ADDRESS);
        Op first = program.op(Syscall.PRCTL, Constants.PR_SET_NAME, program.text("jbox-terminal"));
        program.op(Syscall.READ, pipe.number(), program.space(Long.BYTES), 1);
        program.op(Syscall.IOCTL, terminal.descriptor().number(), Constants.TCSETS, program.bytes(settings));
        program.op(Syscall.EXIT_GROUP, 0);
        return Fd.of(kernel, ElfImage.create(kernel, "jbox-terminal", memory, program, first.address()));
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            pipe.close();
            child.await();
        }
    }
}
