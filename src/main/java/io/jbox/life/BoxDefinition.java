package io.jbox.life;

import io.jbox.config.Config;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a box is defined.
 *
 * @param file of the configuration; for a box over an image that nobody has defined, the folder of the store
 * @param earlier files that would have been found instead of it
 * @param loader reads it
 */
public record BoxDefinition(String file, List<String> earlier, Loader loader) {
    /**
     * A configuration that has been read.
     *
     * @param files all that it was read from; null if that cannot be said
     * @param own those of the files that no link may stand for
     * @param absent paths at which another file would have been read
     */
    public record Loaded(Config config, @Nullable List<String> files, List<String> own, List<String> absent) {}

    /** Reads a configuration. */
    public interface Loader {
        /** @param slot of a compiled command, which a box that nobody has defined has its files by */
        Loaded load(int slot);
    }
}
