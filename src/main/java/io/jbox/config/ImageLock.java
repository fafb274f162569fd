package io.jbox.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An image at the time of its lock.
 *
 * @param name as configured; relative to the configuration's folder if the path is inside it
 * @param index {@code sha256:…} of the registry's list of platforms; null if it has none, or the image is a file
 * @param platforms sorted by name
 */
public record ImageLock(String name, @Nullable String index, List<Platform> platforms) {
    public ImageLock {
        platforms = List.copyOf(platforms);
    }

    /**
     * The image for one platform.
     *
     * @param name {@code linux/amd64}
     * @param manifest {@code sha256:…}
     * @param layers the digests of its layers as they are stored, the lowest first
     * @param tree the hash of all that they are unpacked to
     * @param packages what a Debian root file system is made of
     */
    public record Platform(String name, String manifest, List<String> layers, String tree, PackageList packages) {
        public Platform {
            layers = List.copyOf(layers);
        }
    }

    /** The image for a platform; null if that is not locked. */
    public @Nullable Platform find(String platform) {
        for (Platform locked : platforms) {
            if (locked.name().equals(platform)) {
                return locked;
            }
        }
        return null;
    }
}
