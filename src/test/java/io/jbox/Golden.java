package io.jbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Files that output must equal; {@code -Dgolden.update=true} writes them anew, to be read before they are committed. */
public final class Golden {
    private Golden() {}

    public static void check(Path file, String actual) {
        try {
            if (Boolean.getBoolean("golden.update")) {
                // Integration tests run in a copy of the checkout.
                String checkout = System.getenv("JBOX_CHECKOUT");
                for (Path written :
                        List.of(file, Path.of(checkout == null ? "" : checkout).resolve(file))) {
                    Files.createDirectories(written.toAbsolutePath().getParent());
                    Files.writeString(written, actual);
                }
            }
            assertThat(file).exists();
            assertThat(actual).isEqualTo(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
