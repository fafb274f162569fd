package io.jbox.terminal;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.Poll;
import org.jspecify.annotations.Nullable;

/** The keys that somebody presses while a view is updated. */
public final class Keyboard implements AutoCloseable {
    /** No key was pressed in time. */
    public static final int NONE = -1;
    /** Ctrl-C, or the terminal is gone. */
    public static final int END = -2;

    private static final int CTRL_C = 3;

    private final @Nullable Kernel kernel;
    private final @Nullable Terminal terminal;
    private final @Nullable TerminalGuard guard;

    private Keyboard(@Nullable Kernel kernel, @Nullable Terminal terminal, @Nullable TerminalGuard guard) {
        this.kernel = kernel;
        this.terminal = terminal;
        this.guard = guard;
    }

    /** Used if there is no terminal to type on. */
    public static Keyboard none() {
        return new Keyboard(null, null, null);
    }

    /** Standard input if it is our terminal, which is restored when this is closed, or this process is killed. */
    public static Keyboard ofInput() {
        Terminal terminal = Terminal.ofInput();
        if (!terminal.isForeground()) {
            return none();
        }
        TerminalGuard guard = TerminalGuard.of(terminal);
        terminal.makeRaw();
        return new Keyboard(NativeKernel.open(), terminal, guard);
    }

    /**
     * Waits for a key.
     *
     * @return its byte, {@link #NONE} or {@link #END}
     */
    public int read(long millis) {
        if (kernel == null) {
            try {
                Thread.sleep(millis);
                return NONE;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return END;
            }
        }
        Fd keyboard = Fd.borrowed(kernel, 0);
        if (!Poll.isReadable(keyboard, millis)) {
            return NONE;
        }
        try {
            byte[] typed = FileCalls.read(keyboard, 1);
            return typed.length == 0 || typed[0] == CTRL_C ? END : typed[0] & 0xff;
        } catch (KernelException e) {
            return END;
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
