package io.jbox.state;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.FileLocks;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Flag;

/** Replaces files atomically: a reader sees the old content or the new one. */
public final class ReplacedFile {
    private static final int OWNERS = 0600;

    private ReplacedFile() {}

    /**
     * Writes a file of mode 0600.
     *
     * @param aside the temporary name of the new file
     * @param sync whether it is on the disk when this returns
     */
    public static void write(Kernel kernel, String aside, String file, byte[] bytes, boolean sync) {
        write(kernel, aside, file, bytes, sync, OWNERS);
    }

    /** The same for a file that another user's program reads, of mode 0644. */
    public static void writeReadable(Kernel kernel, String aside, String file, byte[] bytes) {
        write(kernel, aside, file, bytes, false, 0644);
    }

    /** The same for a program, of mode 0700 and on the disk. */
    public static void writeExecutable(Kernel kernel, String aside, String file, byte[] bytes) {
        write(kernel, aside, file, bytes, true, 0700);
    }

    private static void write(Kernel kernel, String aside, String file, byte[] bytes, boolean sync, int mode) {
        try (Fd locked = alone(kernel, aside, mode)) {
            fill(kernel, aside, bytes, sync, mode);
            // It is closed before the rename, since a file open for writing cannot be executed (ETXTBSY).
            PathCalls.rename(kernel, aside, file);
        } catch (KernelException e) {
            throw e.about("state file " + file);
        }
    }

    private static void fill(Kernel kernel, String aside, byte[] bytes, boolean sync, int mode) throws KernelException {
        long flags = Constants.O_WRONLY | Constants.O_TRUNC | Flag.O_NOFOLLOW.value(kernel.processor());
        try (Fd file = PathCalls.open(kernel, aside, flags)) {
            if (mode != OWNERS) {
                // The umask may have removed some bits.
                FileCalls.changeMode(file, mode);
            }
            FileCalls.write(file, bytes);
            if (sync) {
                FileCalls.sync(file);
            }
        }
    }

    /** Opens and locks the temporary file: another process that replaces the same file waits until it is renamed. */
    private static Fd alone(Kernel kernel, String aside, int mode) throws KernelException {
        long flags = Constants.O_RDONLY | Constants.O_CREAT | Flag.O_NOFOLLOW.value(kernel.processor());
        while (true) {
            Fd file = PathCalls.create(kernel, aside, flags, mode);
            try {
                FileLocks.take(file);
            } catch (KernelException e) {
                file.close();
                throw e;
            }
            FileStatus locked = FileStatus.of(file);
            FileStatus there = FileStatus.ofLink(kernel, aside);
            // If the file's status cannot be read, take it as is: do not loop for ever.
            if (locked == null || there != null && locked.isSameAs(there)) {
                return file;
            }
            file.close();
        }
    }
}
