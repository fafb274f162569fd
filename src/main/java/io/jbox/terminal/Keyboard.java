package io.jbox.terminal;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.Poll;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Watches for the keys q and Ctrl-C, which end a continuously updated view. */
public final class QuitKey implements AutoCloseable {
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
    public static QuitKey none() {
        return new QuitKey(null, null, null);
    }

    /**
     * Watches standard input if it is our terminal, which is restored when this is closed, or this process is killed.
     */
    public static QuitKey ofInput() {
        Terminal terminal = Terminal.ofInput();
        if (!terminal.isForeground()) {
            return none();
        }
        TerminalGuard guard = TerminalGuard.of(terminal);
        terminal.makeRaw();
        return new QuitKey(NativeKernel.open(), terminal, guard);
    }

    /** Waits; returns whether a key was pressed. */
    public boolean isLeft(long millis) {
        if (kernel == null) {
            try {
                Thread.sleep(millis);
                return false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return true;
            }
        }
        Fd keyboard = Fd.borrowed(kernel, 0);
        if (!Poll.isReadable(keyboard, millis)) {
            return false;
        }
        try {
            byte[] typed = FileCalls.read(keyboard, 1);
            return typed.length == 0
                    || typed[0] == CTRL_C
                    || String.valueOf((char) typed[0]).toLowerCase(Locale.ROOT).equals("q");
        } catch (KernelException e) {
            // The terminal is gone.
            return true;
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
