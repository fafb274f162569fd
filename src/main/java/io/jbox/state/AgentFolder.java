package io.jbox.state;

import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.uapi.Errno;
import java.io.File;

/** The folder in a box's state that the box has, too: sessions have sockets in it that lead to a developer's ssh-agent(1). */
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
     * Makes it, 0711: whose a socket is says who may use it.
     *
     * @param states the folder of all boxes' states, in which the box has one
     */
    public static void make(Kernel kernel, String states, String box) {
        String path = of(states, box);
        try {
            PathCalls.makeFolder(kernel, path, 0711);
            PathCalls.changeMode(kernel, path, 0711);
        } catch (KernelException e) {
            if (!e.is(Errno.EEXIST)) {
                throw e.about(path);
            }
        }
    }

    /** Removes it if nobody has a socket there. */
    static boolean forget(String states, String box) {
        return new File(of(states, box)).delete();
    }
}
