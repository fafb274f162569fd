package io.jbox.ids;

import io.jbox.config.IdMapping;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Syscall;
import java.util.List;
import java.util.function.Predicate;

/** What {@code idmap: auto} is on this host: the ids of boxes, and what they are outside. */
public interface BoxIds {
    /** What a box has, or would get. Changes nothing. */
    List<IdMapping> look(String box);

    /**
     * What is a box's from now on.
     *
     * @param exists tells of other boxes whether they run or are defined
     * @throws io.jbox.problem.JboxException if nothing is left
     */
    List<IdMapping> claim(String box, Predicate<String> exists);

    /** A box that is no more. */
    void release(String box);

    /**
     * Root's boxes have a range each, those of other users what their user has.
     *
     * @param folder where the book of root's is kept
     */
    static BoxIds of(Kernel kernel, String folder) {
        long uid = kernel.call(Syscall.GETEUID);
        return uid == 0
                ? new IdRanges(kernel, folder, IdPool.ofHost())
                : UserIds.of(uid, kernel.call(Syscall.GETEGID), System.getProperty("user.name", ""));
    }
}
