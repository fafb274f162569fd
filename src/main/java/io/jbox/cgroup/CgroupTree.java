package io.jbox.cgroup;

import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.io.File;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Walks the cgroups below one with a single open descriptor, however deep they are. */
final class CgroupTree implements AutoCloseable {
    private final long flags;
    private Fd here;

    private CgroupTree(Fd top, long flags) {
        this.here = top;
        this.flags = flags;
    }

    /** @return null if there is no such folder */
    static @Nullable CgroupTree open(Kernel kernel, String path) {
        long flags = Constants.O_RDONLY
                | Flag.O_DIRECTORY.value(kernel.processor())
                | Flag.O_NOFOLLOW.value(kernel.processor());
        Fd top = PathCalls.find(kernel, path, flags);
        return top == null ? null : new CgroupTree(top, flags);
    }

    /**
     * Removes the cgroups below that have no processes.
     *
     * @param millis after which it gives up
     */
    void removeBelow(long millis) {
        try {
            removeUntil(System.nanoTime() + millis * 1_000_000);
        } catch (KernelException e) {
            // The tree is gone, or somebody else changes it at the same time.
            return;
        }
    }

    private void removeUntil(long end) throws KernelException {
        Deque<String> above = new ArrayDeque<>();
        while (System.nanoTime() < end) {
            String deeper = removeLeaves();
            if (deeper != null) {
                step(deeper);
                above.push(deeper);
            } else if (above.isEmpty()) {
                return;
            } else {
                // The kernel does not move a cgroup to another parent: ".." is where the walk came from.
                step("..");
                remove(above.pop());
            }
        }
    }

    private void step(String name) throws KernelException {
        Fd next = PathCalls.openAt(here, name, flags);
        here.close();
        here = next;
    }

    /** Removes cgroups without children; returns one with children, or null. */
    private @Nullable String removeLeaves() {
        File[] below = new File("/proc/self/fd/" + here.number()).listFiles(File::isDirectory);
        String deeper = null;
        for (File child : below == null ? new File[0] : below) {
            try {
                remove(child.getName());
            } catch (KernelException e) {
                deeper = deeper == null && e.is(Errno.EBUSY) ? child.getName() : deeper;
            }
        }
        return deeper;
    }

    private void remove(String name) throws KernelException {
        try {
            PathCalls.removeFolderAt(here, name);
        } catch (KernelException e) {
            if (!e.is(Errno.ENOENT)) {
                throw e;
            }
        }
    }

    @Override
    public void close() {
        here.close();
    }
}
