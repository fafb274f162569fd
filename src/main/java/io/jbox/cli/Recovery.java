package io.jbox.cli;

import io.jbox.net.NicJournal;
import java.io.File;

/** What every command does first: an interface that a box has kept although it does not run any more comes home. */
final class Recovery {
    private final Surroundings surroundings;

    Recovery(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    void run(String command, Arguments arguments) {
        boolean itself = command.equals("net") && arguments.operands().contains("recover");
        if (itself || !surroundings.root() || !new File(surroundings.stateFolder(), NicJournal.FOLDER).exists()) {
            return;
        }
        switch (command) {
            // These touch nothing, or do it themselves.
            case "help",
                    "version",
                    "completion",
                    "reap",
                    "warm-up",
                    "plan",
                    "config",
                    "unshare",
                    "nsenter",
                    "lsns" -> {}
            default -> surroundings.jboxOfRoot().recoverNics(false);
        }
    }
}
