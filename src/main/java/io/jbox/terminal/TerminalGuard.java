package io.jbox.terminal;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Restores a terminal even if this process is killed: a program of four system calls waits for the end of a pipe that
 * only this process holds open, and then sets the terminal.
 */
public final class TerminalGuard implements AutoCloseable {
    private static final int SIZE = 4096;

    private final Kernel kernel;
    private final int pipe;
    private final int child;
    private boolean closed;

    private TerminalGuard(Kernel kernel, int pipe, int child) {
        this.kernel = kernel;
        this.pipe = pipe;
        this.child = child;
    }

    /** Guards a terminal that has not been changed yet. */
    public static TerminalGuard of(Terminal terminal) {
        Kernel kernel = terminal.kernel();
        byte[] settings = terminal.settings();
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long pair = program.space(2 * Integer.BYTES);
            kernel.walk(
                    program.op(Syscall.PIPE2, pair, Constants.O_CLOEXEC).next(0).address());
            int read = program.readInt(pair);
            int write = program.readInt(pair + Integer.BYTES);
            int image = image(kernel, terminal.descriptor(), read, settings);
            int child = spawn(kernel, program, image, terminal.descriptor(), read);
            kernel.call(Syscall.CLOSE, image);
            kernel.call(Syscall.CLOSE, read);
            return new TerminalGuard(kernel, write, child);
        }
    }

    private static int image(Kernel kernel, int terminal, int pipe, byte[] settings) {
        ByteBuffer memory = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        Program program = new Program(kernel.processor(), memory, ElfImage.DATA_ADDRESS);
        Op first = program.op(Syscall.PRCTL, Constants.PR_SET_NAME, program.text("jbox-terminal"));
        program.op(Syscall.READ, pipe, program.space(Long.BYTES), 1);
        program.op(Syscall.IOCTL, terminal, Constants.TCSETS, program.bytes(settings));
        program.op(Syscall.EXIT_GROUP, 0);
        return ElfImage.create(kernel, "jbox-terminal", memory, program, first.address());
    }

    /**
     * The child keeps all signals blocked: otherwise setting a terminal from the background would stop it (SIGTTOU).
     */
    private static int spawn(Kernel kernel, Program program, int image, int terminal, int pipe) {
        long all = program.words(-1L);
        long saved = program.words(0);
        long pid = program.words(0);
        long clone = program.words(
                Constants.CLONE_VM
                        | Constants.CLONE_VFORK
                        | Constants.CLONE_PARENT_SETTID
                        | Constants.CLONE_CLEAR_SIGHAND,
                0,
                0,
                pid,
                Constants.SIGCHLD,
                0,
                0,
                0,
                0,
                0,
                0);
        Op block = program.op(Syscall.RT_SIGPROCMASK, Constants.SIG_SETMASK, all, saved, 8);
        Op make = program.op(Syscall.CLONE3, clone, 11 * Long.BYTES);
        program.op(Syscall.RT_SIGPROCMASK, Constants.SIG_SETMASK, saved, 0, 8).next(0);
        long words = program.words(program.text("jbox: guard of a terminal"), 0);
        make.onZero(program.next());
        List<Integer> kept = List.of(
                Math.min(Math.min(terminal, pipe), image),
                middle(terminal, pipe, image),
                Math.max(Math.max(terminal, pipe), image));
        int from = 0;
        for (int number : kept) {
            if (number > from) {
                program.op(Syscall.CLOSE_RANGE, from, number - 1, 0);
            }
            from = number + 1;
        }
        program.op(Syscall.CLOSE_RANGE, from, 0xffff_ffffL, 0);
        program.op(Syscall.FCNTL, pipe, Constants.F_SETFD, 0);
        program.op(Syscall.EXECVEAT, image, program.text(""), words, program.words(0), Constants.AT_EMPTY_PATH);
        program.op(Syscall.EXIT_GROUP, 127);
        // CLONE_VFORK: this thread continues when the child has separate memory.
        kernel.walk(block.address());
        return program.readInt(pid);
    }

    private static int middle(int a, int b, int c) {
        return a + b + c - Math.min(Math.min(a, b), c) - Math.max(Math.max(a, b), c);
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            kernel.call(Syscall.CLOSE, pipe);
            kernel.call(Syscall.WAIT4, child, 0, Constants.__WALL, 0);
        }
    }
}
