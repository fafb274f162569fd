package io.jbox.cli;

import io.jbox.request.Notices;
import java.io.PrintStream;

/** Tells people what jbox has noticed. */
record StandardError(PrintStream err) implements Notices {
    /** Says that a box that has ended was out of memory, if it was. */
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
