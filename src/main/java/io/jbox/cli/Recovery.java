package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.nic.NicJournal;
import io.jbox.state.PendingWork;
import java.io.File;

/**
 * Cleans up after killed processes at the start of every command. For a command that only reads, another process does
 * it in the background.
 */
final class Recovery {
    private final Surroundings surroundings;

    Recovery(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    void run(CommandSpec command, Arguments arguments) {
        boolean itself = command.name().equals("net") && arguments.operands().contains("recover");
        if (itself || command.tool() || command.tidying() == CommandSpec.Tidying.APART) {
            return;
        }
        String state = surroundings.stateFolder();
        boolean lent = surroundings.root() && new File(state, NicJournal.FOLDER).exists();
        if (!PendingWork.isAnyLeft(state) && !lent) {
            return;
        }
        Jbox jbox = surroundings.jbox(arguments);
        if (command.tidying() == CommandSpec.Tidying.BEFORE) {
            jbox.tidyUp().all();
        } else if (jbox.tidyUp().isAnythingOwed()) {
            surroundings.tidyUp().run();
        }
    }
}
