package io.jbox.host;

import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads host files for a check; unreadable files count as empty. */
final class CheckedFiles {
    private CheckedFiles() {}

    /** Whether a line contains a text; a line includes its end. */
    static boolean contains(String file, String text) {
        try (BufferedReader in = new BufferedReader(new FileReader(file, StandardCharsets.ISO_8859_1))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if ((line + "\n").contains(text)) {
                    return true;
                }
            }
        } catch (IOException e) {
            return false;
        }
        return false;
    }

    /** The first line; null for none. */
    static @Nullable String line(String file) {
        try (BufferedReader in = new BufferedReader(new FileReader(file, StandardCharsets.ISO_8859_1))) {
            return in.readLine();
        } catch (IOException e) {
            return null;
        }
    }
}
