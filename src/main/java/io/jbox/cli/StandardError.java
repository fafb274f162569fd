package io.jbox.cli;

import io.jbox.request.Notices;
import java.io.PrintStream;

/** Prints notices to standard error. */
record StandardError(PrintStream err) implements Notices {
    /** Reports that a box that has ended ran out of memory, if it did. */
    void tellOutOfMemory(String box, long oomKills) {
        if (oomKills > 0) {
            tell(box + ": out of memory: the kernel has killed " + oomKills + " of its processes");
        }
    }

    @Override
    public void tell(String notice) {
        err.println("jbox: " + notice);
    }
}
