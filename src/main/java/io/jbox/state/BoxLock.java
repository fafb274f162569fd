package io.jbox.state;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileLocks;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Flag;
import org.jspecify.annotations.Nullable;

/**
 * The lock of one box: flock(2) on its state folder. The kernel releases it when its holder dies; executed programs do
 * not inherit it.
 */
public final class BoxLock implements AutoCloseable {
    /** Makes the folders that are locked. */
    public interface Maker {
        /** Makes a box's folder if it is missing. */
        void make(String box);

        /** The path of a box's folder. */
        String of(String box);
    }

    /** How often to make a folder again that other processes remove. */
    private static final int MOST_OTHERS = 1000;

    private final Fd folder;

    private BoxLock(Fd folder) {
        this.folder = folder;
    }

    /**
     * Waits for the lock.
     *
     * @throws JboxException if there is no such folder
     */
    public static BoxLock take(Kernel kernel, String folder) {
        BoxLock lock = take(kernel, folder, true);
        if (lock == null) {
            throw new JboxException("state folder " + folder + ": missing, or not ours");
        }
        return lock;
    }

    /**
     * Makes a box's folder, and waits for its lock. If the lock's holder removes the folder, it is made again.
     *
     * @throws JboxException if it cannot be made, or belongs to another user
     */
    public static BoxLock make(Kernel kernel, Maker folder, String box) {
        for (int i = 0; i < MOST_OTHERS; i++) {
            folder.make(box);
            BoxLock lock = take(kernel, folder.of(box), true);
            if (lock != null) {
                return lock;
            }
        }
        return take(kernel, folder.of(box));
    }

    /** Waits until the lock is free or the folder is gone. */
    public static void await(Kernel kernel, String folder) {
        BoxLock lock = take(kernel, folder, true);
        if (lock != null) {
            lock.close();
        }
    }

    /** Takes the lock if it is free and the folder exists. */
    public static @Nullable BoxLock tryTake(Kernel kernel, String folder) {
        return take(kernel, folder, false);
    }

    private static @Nullable BoxLock take(Kernel kernel, String path, boolean waits) {
        long flags = Flag.O_DIRECTORY.value(kernel.processor()) | Flag.O_NOFOLLOW.value(kernel.processor());
        while (true) {
            try (Fd folder = PathCalls.open(kernel, path, flags)) {
                if (waits) {
                    FileLocks.take(folder);
                } else if (!FileLocks.tryTake(folder)) {
                    return null;
                }
                // The folder may have been removed and made again while this process waited.
                if (FileStatus.isAt(folder, path)) {
                    return new BoxLock(folder.release());
                }
            } catch (KernelException e) {
                return null;
            }
        }
    }

    /** @throws IllegalStateException if it has been released */
    void require() {
        if (!folder.isOpen()) {
            throw new IllegalStateException("the box's lock has been given up");
        }
    }

    @Override
    public void close() {
        folder.close();
    }
}
