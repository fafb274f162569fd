package io.jbox.kernel;

import io.jbox.number.HostGid;
import io.jbox.number.HostUid;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import java.util.Arrays;

/** System calls on open files. */
public final class FileCalls {
    /** How much is written at once: a program's memory is small. */
    private static final int PIECE = 128 * 1024;

    private static final int STATFS_SIZE = 120;

    private FileCalls() {}

    /**
     * Reads once (read(2)).
     *
     * @param most bytes, fewer than a program's memory has
     * @return none at the end of the file
     */
    public static byte[] read(Fd file, int most) throws KernelException {
        try (Arena arena = file.kernel().arena()) {
            Program program = arena.program();
            long buffer = program.space(most);
            Op op = program.op(Syscall.READ, file.number(), buffer, most);
            return program.read(buffer, (int) Calls.make(file.kernel(), op));
        }
    }

    /** Reads once from a file's start, wherever the next read begins (pread64(2)). */
    public static byte[] readFromStart(Fd file, int most) throws KernelException {
        try (Arena arena = file.kernel().arena()) {
            Program program = arena.program();
            long buffer = program.space(most);
            Op op = program.op(Syscall.PREAD64, file.number(), buffer, most, 0);
            return program.read(buffer, (int) Calls.make(file.kernel(), op));
        }
    }

    /**
     * Writes all bytes, which a regular file takes whole or not (write(2)).
     *
     * @throws KernelException with ENOSPC, too, where only a part of them found room
     */
    public static void write(Fd file, byte[] bytes) throws KernelException {
        for (int at = 0; at < bytes.length; at += PIECE) {
            byte[] piece = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + PIECE));
            if (writeOnce(file, piece) < piece.length) {
                throw new KernelException(Errno.ENOSPC);
            }
        }
    }

    /**
     * Writes what there is room for, at most 128 KiB (write(2)).
     *
     * @return the number of bytes written
     */
    public static int writeOnce(Fd file, byte[] bytes) throws KernelException {
        try (Arena arena = file.kernel().arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.WRITE, file.number(), program.bytes(bytes), bytes.length);
            return (int) Calls.make(file.kernel(), op);
        }
    }

    /** Moves the place where the next read begins (lseek(2)). */
    public static void skip(Fd file, long bytes) throws KernelException {
        file.call(Syscall.LSEEK, bytes, Constants.SEEK_CUR);
    }

    /** Where the next read begins, in bytes from the file's start (lseek(2)). */
    public static void seek(Fd file, long position) throws KernelException {
        file.call(Syscall.LSEEK, position, Constants.SEEK_SET);
    }

    /** Where the next hole begins, or the file ends (lseek(2), SEEK_HOLE). */
    public static long hole(Fd file, long from) throws KernelException {
        return file.call(Syscall.LSEEK, from, Constants.SEEK_HOLE);
    }

    /** Where the next content begins; -1 if there is none (lseek(2), SEEK_DATA). */
    public static long data(Fd file, long from) throws KernelException {
        try {
            return file.call(Syscall.LSEEK, from, Constants.SEEK_DATA);
        } catch (KernelException e) {
            if (e.is(Errno.ENXIO)) {
                return -1;
            }
            throw e;
        }
    }

    /** The flags that a file was opened with, without O_CREAT and its like (fcntl(2), F_GETFL). */
    public static long flags(Fd file) throws KernelException {
        return file.call(Syscall.FCNTL, Constants.F_GETFL);
    }

    /** Waits until what was written is on the disk (fsync(2)). */
    public static void sync(Fd file) throws KernelException {
        file.call(Syscall.FSYNC);
    }

    /** Changes the permissions of a file that is open for more than its path (fchmod(2)). */
    public static void changeMode(Fd file, int mode) throws KernelException {
        file.call(Syscall.FCHMOD, mode);
    }

    /** Which kind of file system a file is in: DEVPTS_SUPER_MAGIC, … (fstatfs(2)). */
    public static long fileSystem(Fd file) throws KernelException {
        try (Arena arena = file.kernel().arena()) {
            Program program = arena.program();
            long statfs = program.space(STATFS_SIZE);
            Calls.make(file.kernel(), program.op(Syscall.FSTATFS, file.number(), statfs));
            return program.readLong(statfs);
        }
    }

    /** Changes the owners of a file, also of one that is open by its path only (fchownat(2)). */
    public static void changeOwner(Fd file, HostUid uid, HostGid gid) throws KernelException {
        try (Arena arena = file.kernel().arena()) {
            Program program = arena.program();
            Op op = program.op(
                    Syscall.FCHOWNAT,
                    file.number(),
                    program.text(""),
                    uid.number(),
                    gid.number(),
                    Constants.AT_EMPTY_PATH);
            Calls.make(file.kernel(), op);
        }
    }
}
