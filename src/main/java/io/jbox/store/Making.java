package io.jbox.store;

import io.jbox.host.FileTree;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.FileLocks;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.state.FileLock;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Flag;
import java.io.File;
import java.nio.file.Path;

/** A tree that is being made. Closing it removes the tree, unless it was added. */
public final class Making implements AutoCloseable {
    private final String path;
    private final Fd lock;
    private final Fd root;

    /** @param folder of the store */
    Making(Kernel kernel, String folder) {
        this.path = folder + "/making/" + ProcessHandle.current().pid() + "." + System.nanoTime();
        // A concurrent sweep must not see the folder before it is locked.
        try (FileLock alone = new FileLock(kernel, folder + "/lock")) {
            sweep(kernel, folder);
            PathCalls.makeFolder(kernel, path, 0700);
            PathCalls.makeFolder(kernel, path + "/root", 0755);
            this.root = PathCalls.open(
                    kernel, path + "/root", Constants.O_RDONLY | Flag.O_DIRECTORY.value(kernel.processor()));
            this.lock = PathCalls.open(kernel, path, Constants.O_RDONLY);
            FileLocks.take(lock);
            // If trees belong to another id than the store, the store's owner reads them too; other users cannot enter
            // the store.
            FileCalls.changeMode(lock, 0755);
        } catch (KernelException e) {
            throw e.about(path);
        }
    }

    String path() {
        return path;
    }

    /** A folder beside the tree for temporary files. */
    public String aside() {
        return path + "/aside";
    }

    /** The tree's root. */
    public Fd root() {
        return root;
    }

    @Override
    public void close() {
        root.close();
        try (lock) {
            if (new File(path).exists()) {
                FileTree.remove(Path.of(path));
            }
        }
    }

    /** Removes the unfinished trees of killed processes. */
    static void sweep(Kernel kernel, String folder) {
        String[] names = new File(folder, "making").list();
        for (String name : names == null ? new String[0] : names) {
            Fd left = PathCalls.find(kernel, folder + "/making/" + name, Constants.O_RDONLY);
            if (left != null) {
                try (left) {
                    if (FileLocks.tryTake(left)) {
                        FileTree.remove(Path.of(folder, "making", name));
                    }
                } catch (KernelException e) {
                    throw e.about(folder + "/making/" + name);
                }
            }
        }
    }
}
