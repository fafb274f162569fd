package io.jbox.ids;

import io.jbox.config.IdMapping;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.OwnProcess;
import java.util.List;
import java.util.function.Predicate;

/** Chooses the host ids of boxes for {@code idmap: auto}. */
public interface BoxIds {
    /** The ids that a box has, or would get. Changes nothing. */
    List<IdMapping> look(String box);

    /**
     * Assigns ids to a box.
     *
     * @param exists tells whether another box is running or defined
     * @throws io.jbox.problem.JboxException if nothing is left
     */
    List<IdMapping> claim(String box, Predicate<String> exists);

    /**
     * Releases the ids of a removed box, and of its slots for commands.
     *
     * @param taken tells of a slot whether a command uses it
     */
    void release(String box, Predicate<String> taken);

    /**
     * Each of root's boxes gets a range; boxes of other users get the user's ids.
     *
     * @param folder where root's assignments are stored
     */
    static BoxIds of(Kernel kernel, String folder) {
        return OwnProcess.isRoot(kernel)
                ? new IdRanges(kernel, folder, IdPool.ofHost())
                : UserIds.of(OwnProcess.user(kernel), OwnProcess.group(kernel), System.getProperty("user.name", ""));
    }
}
