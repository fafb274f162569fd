package io.jbox.schema;

import io.jbox.config.Developer;
import java.util.List;

/** Knows who works in boxes with a {@code dev} section. */
public interface DevSource {
    /** Knows nobody in particular. */
    DevSource NOBODY = folder -> new Developer("nobody", 65_534, 65_534, "/nonexistent", "/bin/sh", List.of());

    /**
     * @param folder of the project
     * @throws io.jbox.problem.JboxException if that user cannot work in a box
     */
    Developer developer(String folder);
}
