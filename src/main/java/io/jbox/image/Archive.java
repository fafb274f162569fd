package io.jbox.image;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Files one after another, each with what is in it: a tar archive, or a tree that is read like one. */
interface Archive {
    /**
     * The next file; what has not been read of the one before is skipped.
     *
     * @return null at the end
     */
    @Nullable
    TarEntry next() throws IOException, BadImageException;

    /**
     * Reads content of the current file.
     *
     * @param most bytes, as long as there are
     * @return at least one byte, none at its end
     */
    byte[] read(int most) throws IOException, BadImageException;
}
