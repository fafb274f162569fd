package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.kernel.Kernel;
import io.jbox.problem.ChangedException;
import io.jbox.problem.JboxException;
import io.jbox.store.Store;
import java.nio.file.Files;
import java.nio.file.Path;

/** Why a launch has failed: the tree that the box was to lie over has been collected since it was chosen. */
final class CollectedTree {
    private CollectedTree() {}

    /** Returns the exception to throw for a failure: the failure itself if the tree still exists. */
    static JboxException or(Kernel kernel, Config config, JboxException failure) {
        Config.Image image = config.rootfs().image();
        if (image == null || Files.isDirectory(Path.of(Store.of(kernel, image).tree(image.tree())))) {
            return failure;
        }
        return new ChangedException(
                config.name().get() + ": " + image.name().get() + " has just been removed from the store",
                "try it again");
    }
}
