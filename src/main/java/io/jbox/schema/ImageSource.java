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

/** Knows what images are. */
public interface ImageSource {
    /** Knows none. */
    ImageSource NONE = (name, arch, wanted) -> null;

    /**
     * @param image what the configuration has of it from now on
     * @param tree the folder that it was unpacked to
     * @param settings what it says of its programs, as if it had been written
     * @param files that all this was read from; null where it may change without one of them
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
     * @param ids those that the box must have; empty for those that it would have anyway
     * @param lock what the image was when it was locked; null for what it is now
     * @param steps that complete it
     */
    record Wanted(
            String upper, List<IdMapping> ids, @Nullable ImageLock lock, TreeSteps steps) {}

    /**
     * @param name with an absolute path, if it has one
     * @param arch as in the configuration; empty for the host's
     * @param wanted what the box needs of it
     * @return null where no images are known
     * @throws io.jbox.problem.JboxException with the name's place if it cannot be had
     */
    @Nullable
    Known find(Value<ImageName> name, String arch, Wanted wanted);
}
