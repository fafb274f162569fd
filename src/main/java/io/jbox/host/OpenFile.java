package io.jbox.host;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;

/** Files by descriptor, where a stream would not do. */
public final class OpenFile {
    private OpenFile() {}

    /** Opens a file of a state folder for reading and writing, making it if need be; -errno if that fails. */
    public static int make(Kernel kernel, String path) {
        long flags = Constants.O_RDWR
                | Constants.O_CREAT
                | Constants.O_CLOEXEC
                | Constants.value("O_NOFOLLOW", kernel.processor());
        return at(kernel, Constants.AT_FDCWD, path, flags);
    }

    /** openat(2) with mode 0600; -errno if it fails. */
    public static int at(Kernel kernel, int folder, String path, long flags) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.OPENAT, folder, program.text(path), flags, 0600)
                    .next(0);
            kernel.walk(op.address());
            return (int) op.result();
        }
    }

    /**
     * Opens a path of a box, of which nothing is believed: symbolic links in it are the box's own, magic links and
     * mounts of proc lead nowhere (openat2(2)); -errno if it fails.
     *
     * @param root descriptor of the box's root
     */
    public static int inRoot(Kernel kernel, int root, String path, long flags) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long how = program.words(flags, 0, Constants.RESOLVE_IN_ROOT | Constants.RESOLVE_NO_MAGICLINKS);
            Op op = program.op(Syscall.OPENAT2, root, program.text(path), how, 3 * Long.BYTES)
                    .next(0);
            kernel.walk(op.address());
            return (int) op.result();
        }
    }
}
