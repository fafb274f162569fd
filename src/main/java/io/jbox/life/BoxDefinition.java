package io.jbox.life;

import io.jbox.config.Config;
import java.util.List;

/**
 * How a box of a name is defined.
 *
 * @param file of the configuration
 * @param earlier files that would have been found instead of it
 * @param loader reads it
 */
public record BoxDefinition(String file, List<String> earlier, Loader loader) {
    /** Reads a configuration. */
    public interface Loader {
        Config load();
    }
}
