package io.jbox.state;

import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.uapi.Errno;
import java.io.File;

/**
 * The folder in a box's state that is also mounted in the box. It contains the sockets of sessions, which lead to a
 * developer's ssh-agent(1).
 */
public final class AgentFolder {
    private AgentFolder() {}

    /**
     * Its path.
     *
     * @param states the folder of all boxes' states
     */
    public static String of(String states, String box) {
        return states + "/" + box + "/agent";
    }

    /**
     * Makes it with mode 0711: the owner of a socket decides who may use it.
     *
     * @param path as {@link #of} says; the box's folder exists
     */
    public static void make(Kernel kernel, String path) {
        try {
            PathCalls.makeFolder(kernel, path, 0711);
            PathCalls.changeMode(kernel, path, 0711);
        } catch (KernelException e) {
            if (!e.is(Errno.EEXIST)) {
                throw e.about(path);
            }
        }
    }

    /** Removes it if it contains no sockets. */
    static boolean forget(String states, String box) {
        return new File(of(states, box)).delete();
    }
}
