package io.jbox.image;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A sequence of files with their content: a tar archive, or a tree that is read like one. */
interface Archive {
    /**
     * The next file; unread content of the previous one is skipped.
     *
     * @return null at the end
     */
    @Nullable
    TarEntry next() throws IOException, BadImageException;

    /**
     * Reads content of the current file.
     *
     * @param most the maximum number of bytes
     * @return at least one byte, none at its end
     */
    byte[] read(int most) throws IOException, BadImageException;
}
