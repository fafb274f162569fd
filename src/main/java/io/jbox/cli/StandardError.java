package io.jbox.cli;

import io.jbox.Notices;
import java.io.PrintStream;

/** Tells people what jbox has noticed. */
record StandardError(PrintStream err) implements Notices {
    @Override
    public void tell(String notice) {
        err.println("jbox: " + notice);
    }
}
