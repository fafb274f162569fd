package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.problem.ChangedException;
import io.jbox.store.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the store from collecting the tree of a box that is about to lie over it, until the box has noted that it does, and has
 * opened it.
 */
final class KeptTree implements AutoCloseable {
    private final @Nullable Fd lock;

    private KeptTree(@Nullable Fd lock) {
        this.lock = lock;
    }

    /**
     * Waits until nobody collects root's trees.
     *
     * @throws ChangedException if this one has just been collected
     */
    static KeptTree hold(Kernel kernel, Config config) {
        Config.Image image = config.rootfs().image();
        if (image == null) {
            return new KeptTree(null);
        }
        Store store = Store.of(kernel, image);
        Fd lock = lock(store);
        if (Files.isDirectory(Path.of(store.tree(image.tree())))) {
            return new KeptTree(lock);
        }
        if (lock != null) {
            lock.close();
        }
        throw new ChangedException(
                config.name().get() + ": " + image.name().get() + " has just been removed from the store",
                "try it again");
    }

    /** Null for an ordinary user, whose store belongs to the root of the user's boxes. */
    private static @Nullable Fd lock(Store store) {
        try {
            return Images.isOwner() ? store.keep() : null;
        } catch (KernelException e) {
            throw e.about(store.folder());
        }
    }

    @Override
    public void close() {
        if (lock != null) {
            lock.close();
        }
    }
}
