package io.jbox.kernel;

import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;

/** Locks on open files, which the kernel drops when the last copy of the descriptor is closed. */
public final class FileLocks {
    private static final int TYPE_BYTES = 2;

    private FileLocks() {}

    /** Waits for an exclusive lock on the file (flock(2)). */
    public static void take(Fd file) throws KernelException {
        file.call(Syscall.FLOCK, Constants.LOCK_EX);
    }

    /** Waits for a shared lock. */
    public static void share(Fd file) throws KernelException {
        file.call(Syscall.FLOCK, Constants.LOCK_SH);
    }

    /** Takes an exclusive lock if the file is not locked; returns whether it did. */
    public static boolean tryTake(Fd file) throws KernelException {
        return tried(file, Constants.LOCK_EX);
    }

    /** Takes a shared lock; returns false if another process holds an exclusive one. */
    public static boolean tryShare(Fd file) throws KernelException {
        return tried(file, Constants.LOCK_SH);
    }

    private static boolean tried(Fd file, int operation) throws KernelException {
        try {
            file.call(Syscall.FLOCK, operation | Constants.LOCK_NB);
            return true;
        } catch (KernelException e) {
            if (e.is(Errno.EAGAIN)) {
                return false;
            }
            throw e;
        }
    }

    /**
     * Takes a shared lock on one byte (fcntl(2), open file description locks); false if another process holds an
     * exclusive one.
     */
    public static boolean tryShareByte(Fd file, long offset) throws KernelException {
        return byteLock(file, Constants.F_OFD_SETLK, Constants.F_RDLCK, offset) == Constants.F_RDLCK;
    }

    /** Takes an exclusive lock on one byte; false if another process holds any lock on it. */
    public static boolean tryTakeByte(Fd file, long offset) throws KernelException {
        return byteLock(file, Constants.F_OFD_SETLK, Constants.F_WRLCK, offset) == Constants.F_WRLCK;
    }

    /** Whether anybody else has a lock on one byte. */
    public static boolean isByteLocked(Fd file, long offset) throws KernelException {
        return byteLock(file, Constants.F_OFD_GETLK, Constants.F_WRLCK, offset) != Constants.F_UNLCK;
    }

    /** Returns the resulting lock type; -1 if there is a conflicting lock. */
    private static int byteLock(Fd file, int command, int type, long offset) throws KernelException {
        try (Arena arena = file.kernel().arena()) {
            Program program = arena.program();
            // struct flock: type and whence, start, length, pid; offsets from the beginning.
            long lock = program.words(type, offset, 1, 0);
            Calls.make(file.kernel(), program.op(Syscall.FCNTL, file.number(), command, lock));
            byte[] now = program.read(lock, TYPE_BYTES);
            return now[0] & 0xff | (now[1] & 0xff) << Byte.SIZE;
        } catch (KernelException e) {
            if (e.is(Errno.EAGAIN)) {
                return -1;
            }
            throw e;
        }
    }
}
