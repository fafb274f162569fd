package io.jbox.cli;

import io.jbox.image.Progress;
import io.jbox.terminal.Terminal;
import java.io.PrintStream;

/** Shows how far fetching an image is: lines on a terminal, nothing elsewhere. */
final class TerminalProgress implements Progress {
    private final PrintStream err;

    TerminalProgress(PrintStream err) {
        this.err = err;
    }

    @Override
    public boolean isShown() {
        return Terminal.ofError().exists();
    }

    @Override
    public void step(String what) {
        if (isShown()) {
            err.println("jbox: " + what);
        }
    }
}
