package io.jbox.life;

import io.jbox.config.Config;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a box is defined.
 *
 * @param file of the configuration; for an undefined box over an image, the folder of the store
 * @param earlier files that would have been found instead of it
 * @param loader reads it
 */
public record BoxDefinition(String file, List<String> earlier, Loader loader) {
    /**
     * A configuration that has been read.
     *
     * @param files all files that it was read from; null if unknown
     * @param own those of the files that must not be symbolic links
     * @param absent paths at which another file would have been read
     */
    public record Loaded(Config config, @Nullable List<String> files, List<String> own, List<String> absent) {}

    /** Reads a configuration. */
    public interface Loader {
        /** @param slot of a compiled command; an undefined box keeps its files by slot */
        Loaded load(int slot);
    }
}
