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
            String expected = Files.readString(file);
            assertThat(actual)
                    .as(() -> file + ", " + firstDifference(expected, actual))
                    .isEqualTo(expected);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The line at which two texts part: a report of a long text is often cut in the middle. */
    private static String firstDifference(String expected, String actual) {
        List<String> before = expected.lines().toList();
        List<String> after = actual.lines().toList();
        int line = 0;
        while (line < before.size() && line < after.size() && before.get(line).equals(after.get(line))) {
            line++;
        }
        return "line " + (line + 1) + ": " + lineOf(before, line) + " became " + lineOf(after, line);
    }

    private static String lineOf(List<String> lines, int index) {
        return index < lines.size() ? '"' + lines.get(index) + '"' : "the end";
    }
}
