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
     * Waits until nobody collects trees.
     *
     * @throws ChangedException if this one has just been collected
     */
    static KeptTree hold(Kernel kernel, Config config) {
        Config.Image image = config.rootfs().image();
        if (image == null) {
            return new KeptTree(null);
        }
        Store store = Store.of(kernel, image);
        try {
            Fd lock = store.keep();
            if (Files.isDirectory(Path.of(store.tree(image.tree())))) {
                return new KeptTree(lock);
            }
            lock.close();
        } catch (KernelException e) {
            throw e.about(store.folder());
        }
        throw new ChangedException(
                config.name().get() + ": " + image.name().get() + " has just been removed from the store",
                "try it again");
    }

    @Override
    public void close() {
        if (lock != null) {
            lock.close();
        }
    }
}
