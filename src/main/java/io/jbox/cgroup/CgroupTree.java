package io.jbox.cgroup;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import java.io.File;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Walks the cgroups below one with a single open descriptor, however deep they are. */
final class CgroupTree implements AutoCloseable {
    private final Kernel kernel;
    private int here;

    private CgroupTree(Kernel kernel, int top) {
        this.kernel = kernel;
        this.here = top;
    }

    /** @return null if there is no such folder */
    static @Nullable CgroupTree open(Kernel kernel, String path) {
        int top = at(kernel, Constants.AT_FDCWD, path);
        return top < 0 ? null : new CgroupTree(kernel, top);
    }

    /**
     * Removes the cgroups below that have no processes.
     *
     * @param millis after which it gives up
     */
    void removeBelow(long millis) {
        long end = System.nanoTime() + millis * 1_000_000;
        Deque<String> above = new ArrayDeque<>();
        while (System.nanoTime() < end) {
            String deeper = removeLeaves();
            if (deeper != null) {
                int next = at(kernel, here, deeper);
                if (next < 0) {
                    return;
                }
                step(next);
                above.push(deeper);
            } else if (above.isEmpty()) {
                return;
            } else {
                // The kernel does not move a cgroup to another parent: ".." is where the walk came from.
                int next = at(kernel, here, "..");
                if (next < 0) {
                    return;
                }
                step(next);
                long result = remove(above.pop());
                if (result < 0 && result != -Errno.ENOENT) {
                    return;
                }
            }
        }
    }

    private void step(int next) {
        kernel.call(Syscall.CLOSE, here);
        here = next;
    }

    /** Removes cgroups without children; returns one with children, or null. */
    private @Nullable String removeLeaves() {
        File[] below = new File("/proc/self/fd/" + here).listFiles(File::isDirectory);
        String deeper = null;
        for (File child : below == null ? new File[0] : below) {
            if (remove(child.getName()) == -Errno.EBUSY && deeper == null) {
                deeper = child.getName();
            }
        }
        return deeper;
    }

    private long remove(String name) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.UNLINKAT, here, program.text(name), Constants.AT_REMOVEDIR)
                    .next(0);
            kernel.walk(op.address());
            return op.result();
        }
    }

    private static int at(Kernel kernel, int folder, String path) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long flags = Constants.O_RDONLY
                    | Constants.O_CLOEXEC
                    | Constants.value("O_DIRECTORY", kernel.processor())
                    | Constants.value("O_NOFOLLOW", kernel.processor());
            Op op = program.op(Syscall.OPENAT, folder, program.text(path), flags, 0)
                    .next(0);
            kernel.walk(op.address());
            return (int) op.result();
        }
    }

    @Override
    public void close() {
        kernel.call(Syscall.CLOSE, here);
    }
}
