package io.jbox.ids;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileLocks;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.problem.JboxException;
import io.jbox.state.FileLock;

/**
 * Locks file trees that are in use. For each tree that a box uses, as its root file system or a layer, it holds a
 * shared lock on one byte of a file that only root can open, for as long as the descriptor is open anywhere (fcntl(2),
 * open file description locks); a process that changes a tree's owners locks its byte exclusively. The folder's device
 * and inode determine the byte.
 */
public final class TreeLocks implements AutoCloseable {
    private static final long SPREAD = 0x9e37_79b9_7f4a_7c15L;

    private final Fd file;

    /** @throws JboxException if there is no such file and it cannot be made */
    TreeLocks(Kernel kernel, String path) {
        this.file = FileLock.open(kernel, path);
    }

    /** Duplicates the descriptor that holds the locks: the copy holds the same ones. */
    Fd copy() {
        try {
            return file.copy();
        } catch (KernelException e) {
            throw failed(e);
        }
    }

    /** Takes or keeps a shared lock; returns false if another process has it exclusively. */
    boolean share(FileStatus folder) {
        try {
            return FileLocks.tryShareByte(file, offset(folder));
        } catch (KernelException e) {
            throw failed(e);
        }
    }

    /** Takes an exclusive lock; returns whether no other process uses the tree. */
    boolean claim(FileStatus folder) {
        try {
            return FileLocks.tryTakeByte(file, offset(folder));
        } catch (KernelException e) {
            throw failed(e);
        }
    }

    /** Whether another process uses a tree. */
    boolean isUsed(FileStatus folder) {
        try {
            return FileLocks.isByteLocked(file, offset(folder));
        } catch (KernelException e) {
            throw failed(e);
        }
    }

    /** The byte that stands for a tree. */
    public static long offset(FileStatus folder) {
        return (folder.inode() * SPREAD ^ folder.device()) & Long.MAX_VALUE >> 1;
    }

    private static JboxException failed(KernelException e) {
        return e.about("locks of root file systems: fcntl");
    }

    @Override
    public void close() {
        file.close();
    }
}
