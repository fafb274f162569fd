package io.jbox.schema;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The texts about keys that come with the jar. */
final class KeyTexts {
    private KeyTexts() {}

    /**
     * The lines of a text.
     *
     * @param name of the resource, in this package
     */
    static String[] lines(String name) {
        try (InputStream in = KeyTexts.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not in the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
