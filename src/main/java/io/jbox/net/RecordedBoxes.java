package io.jbox.net;

import java.io.File;
import java.util.function.Predicate;

/**
 * Boxes that something is recorded of: they run, or something is owed to them.
 *
 * @param state the folder of the boxes' states
 */
public record RecordedBoxes(String state) implements Predicate<String> {
    @Override
    public boolean test(String box) {
        return new File(state + "/" + box + "/state.json").exists();
    }
}
