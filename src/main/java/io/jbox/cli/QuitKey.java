package io.jbox.cli;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Poll;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.terminal.Terminal;
import io.jbox.terminal.TerminalGuard;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Watches for the keys q and Ctrl-C, which end a continuously updated view. */
final class QuitKey implements AutoCloseable {
    private static final int CTRL_C = 3;

    private final @Nullable Kernel kernel;
    private final @Nullable Terminal terminal;
    private final @Nullable TerminalGuard guard;

    private QuitKey(@Nullable Kernel kernel, @Nullable Terminal terminal, @Nullable TerminalGuard guard) {
        this.kernel = kernel;
        this.terminal = terminal;
        this.guard = guard;
    }

    /** Used if there is no terminal to type them. */
    static QuitKey none() {
        return new QuitKey(null, null, null);
    }

    /**
     * Watches standard input if it is our terminal, which is restored when this is closed, or this process is killed.
     */
    static QuitKey of(Kernel kernel) {
        Terminal terminal = new Terminal(kernel, 0);
        if (!terminal.isForeground()) {
            return none();
        }
        TerminalGuard guard = TerminalGuard.of(kernel, terminal);
        terminal.makeRaw();
        return new QuitKey(kernel, terminal, guard);
    }

    /** Waits; returns whether a key was pressed. */
    boolean isLeft(long millis) {
        if (kernel == null) {
            try {
                Thread.sleep(millis);
                return false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return true;
            }
        }
        if (!Poll.isReadable(kernel, 0, millis)) {
            return false;
        }
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long key = program.space(Long.BYTES);
            Op read = program.op(Syscall.READ, 0, key, 1).next(0);
            kernel.walk(read.address());
            int typed = program.read(key, 1)[0];
            return read.result() <= 0
                    || typed == CTRL_C
                    || String.valueOf((char) typed).toLowerCase(Locale.ROOT).equals("q");
        }
    }

    @Override
    public void close() {
        if (terminal != null) {
            terminal.restore();
        }
        if (guard != null) {
            guard.close();
        }
    }
}
