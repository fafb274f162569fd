package io.jbox.kernel;

import io.jbox.problem.RawText;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;
import org.jspecify.annotations.Nullable;

/**
 * System calls on paths. A folder of null stands for the working folder, which matters for relative paths only.
 * Names that are no UTF-8 are {@link RawText}.
 */
public final class PathCalls {
    private PathCalls() {}

    /**
     * Opens a file that is there (openat(2)).
     *
     * @param flags O_RDONLY, …; O_CLOEXEC is added
     */
    public static Fd open(Kernel kernel, String path, long flags) throws KernelException {
        return openAt(kernel, null, path, flags, 0);
    }

    /** The same below a folder. */
    public static Fd openAt(Fd folder, String path, long flags) throws KernelException {
        return openAt(folder.kernel(), folder, path, flags, 0);
    }

    /**
     * Opens a file, making it if flags have O_CREAT.
     *
     * @param mode of a file that is made
     */
    public static Fd create(Kernel kernel, String path, long flags, int mode) throws KernelException {
        return openAt(kernel, null, path, flags, mode);
    }

    /** Opens a file that may be absent, or unreadable; null then. */
    public static @Nullable Fd find(Kernel kernel, String path, long flags) {
        try {
            return open(kernel, path, flags);
        } catch (KernelException e) {
            return null;
        }
    }

    private static Fd openAt(Kernel kernel, @Nullable Fd folder, String path, long flags, int mode)
            throws KernelException {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.OPENAT, number(folder), program.text(path), flags | Constants.O_CLOEXEC, mode);
            return Fd.of(kernel, (int) Calls.make(kernel, op));
        }
    }

    /**
     * Opens a file with limits on where its path may lead (openat2(2)).
     *
     * @param mode of a file that is made; 0 without O_CREAT
     * @param resolve RESOLVE_IN_ROOT, …
     */
    public static Fd openAt2(Kernel kernel, @Nullable Fd folder, String path, long flags, int mode, long resolve)
            throws KernelException {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long how = program.words(flags | Constants.O_CLOEXEC, mode, resolve);
            Op op = program.op(Syscall.OPENAT2, number(folder), program.text(path), how, 3L * Long.BYTES);
            return Fd.of(kernel, (int) Calls.make(kernel, op));
        }
    }

    /** Makes a folder (mkdirat(2)). */
    public static void makeFolder(Kernel kernel, String path, int mode) throws KernelException {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Calls.make(kernel, program.op(Syscall.MKDIRAT, Constants.AT_FDCWD, program.text(path), mode));
        }
    }

    /** Changes the permissions of what a path leads to (fchmodat(2)). */
    public static void changeMode(Kernel kernel, String path, int mode) throws KernelException {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Calls.make(kernel, program.op(Syscall.FCHMODAT, Constants.AT_FDCWD, program.text(path), mode));
        }
    }

    /** Removes an empty folder (unlinkat(2), AT_REMOVEDIR). */
    public static void removeFolderAt(Fd folder, String name) throws KernelException {
        try (Arena arena = folder.kernel().arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.UNLINKAT, folder.number(), program.text(name), Constants.AT_REMOVEDIR);
            Calls.make(folder.kernel(), op);
        }
    }

    /** Removes a name of a file (unlinkat(2)). */
    public static void remove(Kernel kernel, String path) throws KernelException {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Calls.make(kernel, program.op(Syscall.UNLINKAT, Constants.AT_FDCWD, program.text(path), 0));
        }
    }

    /** Renames a file, replacing another (renameat2(2)). */
    public static void rename(Kernel kernel, String from, String to) throws KernelException {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op op = program.op(
                    Syscall.RENAMEAT2, Constants.AT_FDCWD, program.text(from), Constants.AT_FDCWD, program.text(to), 0);
            Calls.make(kernel, op);
        }
    }

    /** The target of a symbolic link as raw bytes (readlinkat(2)). */
    public static byte[] readLink(Kernel kernel, @Nullable Fd folder, String path) throws KernelException {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long buffer = program.space(Constants.PATH_MAX);
            Op op = program.op(Syscall.READLINKAT, number(folder), program.text(path), buffer, Constants.PATH_MAX);
            return program.read(buffer, (int) Calls.make(kernel, op));
        }
    }

    private static long number(@Nullable Fd folder) {
        return folder == null ? Constants.AT_FDCWD : folder.number();
    }
}
