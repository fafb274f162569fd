package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.net.NicJournal;
import io.jbox.state.PendingWork;
import java.io.File;
import java.util.Set;

/**
 * What every command begins with: what a process that was killed has left undone is done. A command that only looks has it
 * done by another process, and waits for nothing.
 */
final class Recovery {
    /** These touch nothing, or do it themselves. */
    private static final Set<String> APART = Set.of(
            "help",
            "version",
            "completion",
            "man",
            "reap",
            "tidy-up",
            "warm-up",
            "unshare",
            "nsenter",
            "lsns",
            "netns");

    private static final Set<String> LOOKING =
            Set.of("ls", "info", "pid", "top", "logs", "config", "plan", "audit", "check", "ns", "events");

    private final Surroundings surroundings;

    Recovery(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    void run(String command, Arguments arguments) {
        boolean itself = command.equals("net") && arguments.operands().contains("recover");
        if (itself || APART.contains(command)) {
            return;
        }
        String state = surroundings.stateFolder();
        boolean lent = surroundings.root() && new File(state, NicJournal.FOLDER).exists();
        if (PendingWork.left(state).isEmpty() && !lent) {
            return;
        }
        if (!LOOKING.contains(command)) {
            surroundings.jbox(arguments).tidyUp();
            return;
        }
        Jbox jbox = surroundings.lookingJbox(arguments);
        if (jbox.isAnythingOwed()) {
            new DetachedTidyUp(surroundings).run();
        }
    }
}
