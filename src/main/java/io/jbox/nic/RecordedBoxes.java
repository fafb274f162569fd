package io.jbox.nic;

import io.jbox.config.CommandName;
import io.jbox.kernel.Kernel;
import io.jbox.state.PendingWork;
import java.io.File;
import java.util.function.Predicate;

/**
 * Tells whether a box has records: it is running, has something to clean up, or is being started.
 *
 * @param state the folder of the boxes' states
 */
public record RecordedBoxes(Kernel kernel, String state) implements Predicate<String> {
    @Override
    public boolean test(String box) {
        String slot = CommandName.slot(box);
        if (!slot.isEmpty()) {
            return PendingWork.isSlotTaken(kernel, state, slot, CommandName.box(box));
        }
        return new File(state + "/" + box + "/state.json").exists() || PendingWork.isGoingOn(kernel, state, box);
    }
}
