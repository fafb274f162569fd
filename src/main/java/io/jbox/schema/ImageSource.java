package io.jbox.schema;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.ImageLock;
import io.jbox.config.ImageName;
import io.jbox.config.TreeSteps;
import io.jbox.config.Value;
import io.jbox.yaml.Node;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the image that a configuration names, so that its tree and its settings become part of the configuration. The
 * loader uses it without knowing the store.
 */
public interface ImageSource {
    /** Finds no images. */
    ImageSource NONE = (name, arch, wanted) -> null;

    /**
     * @param image the image as part of the configuration
     * @param tree the folder that it was unpacked to
     * @param settings for its programs, as configuration keys
     * @param files that all this was read from; null if it may change without a change of these files
     */
    record Known(
            Config.Image image,
            String tree,
            Node.Mapping settings,
            @Nullable List<String> files) {}

    /**
     * What a box needs of its image.
     *
     * @param upper the folder of the box's own files
     * @param ids those that the box must have; empty for its usual ids
     * @param lock the image at the time of the lock; null for the current one
     * @param steps that complete it
     */
    record Wanted(
            String upper, List<IdMapping> ids, @Nullable ImageLock lock, TreeSteps steps) {}

    /**
     * @param name with an absolute path, if it has one
     * @param arch as in the configuration; empty for the host's
     * @param wanted what the box needs of it
     * @return null if there is no such image
     * @throws io.jbox.problem.JboxException with the name's place if it cannot be fetched or used
     */
    @Nullable
    Known find(Value<ImageName> name, String arch, Wanted wanted);
}
