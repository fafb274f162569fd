package io.jbox.kernel;

import io.jbox.number.HostGid;
import io.jbox.number.HostUid;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;
import org.jspecify.annotations.Nullable;

/**
 * The status of a file (statx(2)).
 *
 * @param type one of S_IFREG, S_IFDIR, …
 * @param permissions the low twelve bits of its mode
 * @param uid of its owner
 * @param gid of its group
 * @param inode in its file system
 * @param device of the file system
 * @param major of a device node; 0 for other files
 * @param minor of a device node; 0 for other files
 * @param links how many names it has
 * @param size in bytes
 * @param mtime of its content, in seconds since 1970
 */
public record FileStatus(
        int type,
        int permissions,
        HostUid uid,
        HostGid gid,
        long inode,
        long device,
        int major,
        int minor,
        int links,
        long size,
        long mtime) {
    private static final int SIZE = 256;
    /** A server that does not answer must not block jbox. */
    private static final int DONT_SYNC = 0x4000; // AT_STATX_DONT_SYNC

    private static final int S_IFMT = 0xf000;
    private static final int PERMISSIONS = 07777;
    private static final long UNSIGNED = 0xffff_ffffL;
    private static final int STX_NLINK = 16;
    private static final int STX_UID = 20;
    private static final int STX_GID = 24;
    private static final int STX_MODE = 28;
    private static final int STX_INO = 32;
    private static final int STX_SIZE = 40;
    private static final int STX_MTIME = 112;
    private static final int STX_RDEV = 128;
    private static final int STX_DEV = 136;

    /** The status of an open file; null if it has been closed. */
    public static @Nullable FileStatus of(Fd file) {
        return read(file.kernel(), file.number(), "", Constants.AT_EMPTY_PATH);
    }

    /** The status of a path; null if it does not exist. */
    public static @Nullable FileStatus of(Kernel kernel, String path) {
        return read(kernel, Constants.AT_FDCWD, path, 0);
    }

    /** The status of a link itself. */
    public static @Nullable FileStatus ofLink(Kernel kernel, String path) {
        return read(kernel, Constants.AT_FDCWD, path, Constants.AT_SYMLINK_NOFOLLOW);
    }

    /** struct statx of a path, 256 bytes; null if it does not exist. */
    public static byte @Nullable [] bytes(Kernel kernel, String path) {
        return bytes(kernel, path, 0);
    }

    /** The same of a link itself. */
    public static byte @Nullable [] bytesOfLink(Kernel kernel, String path) {
        return bytes(kernel, path, Constants.AT_SYMLINK_NOFOLLOW);
    }

    private static byte @Nullable [] bytes(Kernel kernel, String path, int flags) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long statx = program.space(SIZE);
            Op op = program.op(
                            Syscall.STATX,
                            Constants.AT_FDCWD,
                            program.text(path),
                            flags | DONT_SYNC,
                            Constants.STATX_BASIC_STATS,
                            statx)
                    .next(0);
            kernel.walk(op.address());
            return op.result() < 0 ? null : program.read(statx, SIZE);
        }
    }

    private static @Nullable FileStatus read(Kernel kernel, int folder, String path, int flags) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long statx = program.space(SIZE);
            Calls.make(
                    kernel,
                    program.op(
                            Syscall.STATX,
                            folder,
                            program.text(path),
                            flags | DONT_SYNC,
                            Constants.STATX_BASIC_STATS,
                            statx));
            return new FileStatus(
                    program.readInt(statx + STX_MODE) & S_IFMT,
                    program.readInt(statx + STX_MODE) & PERMISSIONS,
                    new HostUid(program.readInt(statx + STX_UID) & UNSIGNED),
                    new HostGid(program.readInt(statx + STX_GID) & UNSIGNED),
                    program.readLong(statx + STX_INO),
                    program.readLong(statx + STX_DEV),
                    program.readInt(statx + STX_RDEV),
                    program.readInt(statx + STX_RDEV + Integer.BYTES),
                    program.readInt(statx + STX_NLINK),
                    program.readLong(statx + STX_SIZE),
                    program.readLong(statx + STX_MTIME));
        } catch (KernelException e) {
            return null;
        }
    }

    /** The status of a name in a folder, of a link itself; null if it does not exist. */
    public static @Nullable FileStatus at(Fd folder, String name) {
        return read(folder.kernel(), folder.number(), name, Constants.AT_SYMLINK_NOFOLLOW);
    }

    public boolean isSocket() {
        return type == Constants.S_IFSOCK;
    }

    public boolean isFolder() {
        return type == Constants.S_IFDIR;
    }

    /** Whether an open file is the one at a path: while somebody waited for its lock, another may have taken its place. */
    public static boolean isAt(Fd file, String path) {
        FileStatus own = of(file);
        FileStatus there = of(file.kernel(), path);
        return own != null && there != null && own.isSameAs(there);
    }

    /** Whether both are the same file. */
    public boolean isSameAs(FileStatus other) {
        return inode == other.inode && device == other.device;
    }

    /** Whether it is a certain character device. */
    public boolean isCharacterDevice(int itsMajor, int itsMinor) {
        return type == Constants.S_IFCHR && major == itsMajor && minor == itsMinor;
    }
}
