package io.jbox.kernel;

import io.jbox.problem.RawText;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes and changes the files of a tree, each by its name in an open folder, so that no link in the tree is followed. Names
 * and targets that are no UTF-8 are {@link RawText}.
 */
public final class NodeCalls {
    /** The kernel's bound for the value of an extended attribute, and for the list of their names (limits.h). */
    private static final int XATTR_SIZE_MAX = 65_536;

    /** Enough for the attributes of most files. */
    private static final int USUAL = 4096;
    /** For an op, a path and a name. */
    private static final int ROOM = 4096;

    private NodeCalls() {}

    /** Makes a folder (mkdirat(2)). */
    public static void makeFolder(Fd folder, String name, int mode) throws KernelException {
        make(folder, Syscall.MKDIRAT, name, mode);
    }

    /**
     * Makes a device node or a FIFO (mknodat(2)).
     *
     * @param mode with its type, S_IFCHR or another
     */
    public static void makeNode(Fd folder, String name, int mode, int major, int minor) throws KernelException {
        long device = (major & 0xfffL) << 8 | (minor & 0xffL) | (minor & ~0xffL) << 12;
        make(folder, Syscall.MKNODAT, name, mode, device);
    }

    /** Makes a file for writing; fails where there is one, or a link (openat(2), O_EXCL). */
    public static Fd makeFile(Fd folder, String name) throws KernelException {
        long flags = Constants.O_WRONLY | Constants.O_CREAT | Constants.O_EXCL | Constants.O_CLOEXEC;
        return Fd.of(folder.kernel(), (int) make(folder, Syscall.OPENAT, name, flags, 0600));
    }

    /** Removes a file or an empty folder (unlinkat(2)). */
    public static void remove(Fd folder, String name, boolean isFolder) throws KernelException {
        make(folder, Syscall.UNLINKAT, name, isFolder ? Constants.AT_REMOVEDIR : 0);
    }

    /** Changes the permissions of what is no link (fchmodat(2)). */
    public static void changeMode(Fd folder, String name, int mode) throws KernelException {
        make(folder, Syscall.FCHMODAT, name, mode);
    }

    /** Changes the owner, of a link itself (fchownat(2)). */
    public static void changeOwner(Fd folder, String name, long uid, long gid) throws KernelException {
        make(folder, Syscall.FCHOWNAT, name, uid, gid, Constants.AT_SYMLINK_NOFOLLOW);
    }

    private static long make(Fd folder, Syscall call, String name, long... more) throws KernelException {
        try (Arena arena = folder.kernel().arena()) {
            Program program = arena.program();
            long[] arguments = new long[more.length + 2];
            arguments[0] = folder.number();
            arguments[1] = program.text(name);
            System.arraycopy(more, 0, arguments, 2, more.length);
            return Calls.make(folder.kernel(), program.op(call, arguments));
        }
    }

    /** Makes a symbolic link (symlinkat(2)). */
    public static void symlink(Fd folder, String name, String target) throws KernelException {
        try (Arena arena = folder.kernel().arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.SYMLINKAT, program.text(target), folder.number(), program.text(name));
            Calls.make(folder.kernel(), op);
        }
    }

    /** Gives a file, or a link itself, another name (linkat(2)). */
    public static void link(Fd from, String name, Fd to, String other) throws KernelException {
        try (Arena arena = from.kernel().arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.LINKAT, from.number(), program.text(name), to.number(), program.text(other), 0);
            Calls.make(from.kernel(), op);
        }
    }

    /** Renames a file or folder unless the new name exists (renameat2(2), RENAME_NOREPLACE). */
    public static void rename(Fd from, String name, Fd to, String other) throws KernelException {
        try (Arena arena = from.kernel().arena()) {
            Program program = arena.program();
            Op op = program.op(
                    Syscall.RENAMEAT2,
                    from.number(),
                    program.text(name),
                    to.number(),
                    program.text(other),
                    Constants.RENAME_NOREPLACE);
            Calls.make(from.kernel(), op);
        }
    }

    /**
     * Sets both times of a file, or of a link itself (utimensat(2)).
     *
     * @param seconds since 1970
     */
    public static void setTime(Fd folder, String name, long seconds) throws KernelException {
        try (Arena arena = folder.kernel().arena()) {
            Program program = arena.program();
            long times = program.words(seconds, 0, seconds, 0);
            Op op = program.op(
                    Syscall.UTIMENSAT, folder.number(), program.text(name), times, Constants.AT_SYMLINK_NOFOLLOW);
            Calls.make(folder.kernel(), op);
        }
    }

    /** Gives a file its length; what has not been written reads as zeros (ftruncate(2)). */
    public static void setLength(Fd file, long bytes) throws KernelException {
        try (Arena arena = file.kernel().arena()) {
            Calls.make(file.kernel(), arena.program().op(Syscall.FTRUNCATE, file.number(), bytes));
        }
    }

    /** Sets an extended attribute of an open file, opened with O_PATH too (setxattr(2)). */
    public static void setAttribute(Fd file, String name, byte[] value) throws KernelException {
        try (Arena arena = file.kernel().arena(value.length + ROOM)) {
            Program program = arena.program();
            Op op = program.op(
                    Syscall.SETXATTR,
                    program.text(path(file)),
                    program.text(name),
                    program.bytes(value),
                    value.length,
                    0);
            Calls.make(file.kernel(), op);
        }
    }

    /** The names of the extended attributes of an open file, opened with O_PATH too (listxattr(2)). */
    public static List<String> attributes(Fd file) throws KernelException {
        return RawText.split(read(file, Syscall.LISTXATTR, null));
    }

    /** The value of an extended attribute (getxattr(2)). */
    public static byte[] attribute(Fd file, String name) throws KernelException {
        return read(file, Syscall.GETXATTR, name);
    }

    private static byte[] read(Fd file, Syscall call, @Nullable String name) throws KernelException {
        try {
            return read(file, call, name, USUAL);
        } catch (KernelException e) {
            if (e.is(Errno.ERANGE)) {
                return read(file, call, name, XATTR_SIZE_MAX);
            }
            throw e;
        }
    }

    private static byte[] read(Fd file, Syscall call, @Nullable String name, int most) throws KernelException {
        try (Arena arena = file.kernel().arena(most + ROOM)) {
            Program program = arena.program();
            long buffer = program.space(most);
            long path = program.text(path(file));
            Op op = name == null
                    ? program.op(call, path, buffer, most)
                    : program.op(call, path, program.text(name), buffer, most);
            return program.read(buffer, (int) Calls.make(file.kernel(), op));
        }
    }

    /** A magic link that leads to the file itself, even where that is a symbolic link. */
    private static String path(Fd file) {
        return "/proc/self/fd/" + file.number();
    }
}
