package io.jbox.schema;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The keys of lxc.container.conf(5) that jbox does not have. */
public final class LxcKeys {
    private static final String RESOURCE = "lxc-missing.txt";
    private static final String SEPARATOR = " | ";

    private LxcKeys() {}

    /** Each key without {@code lxc.}, and what to do instead. */
    public static Map<String, String> missing() {
        Map<String, String> missing = new LinkedHashMap<>();
        for (String line : text().split("\n")) {
            int separator = line.indexOf(SEPARATOR);
            if (!line.startsWith("#") && separator > 0) {
                missing.put(line.substring(0, separator), line.substring(separator + SEPARATOR.length()));
            }
        }
        return missing;
    }

    /**
     * What to do instead of a key.
     *
     * @param path with or without {@code lxc.} and the numbers of list elements
     * @return null if LXC has no such key, or jbox has it
     */
    static @Nullable String instead(String path) {
        String key =
                path.replaceAll("^lxc\\.", "").replaceAll("\\[[0-9]+\\]", "").replaceAll("\\.([0-9]+|N)(?=\\.|$)", "");
        Map<String, String> missing = missing();
        for (int end = key.length(); end > 0; end = key.lastIndexOf('.', end - 1)) {
            String instead = missing.get(key.substring(0, end));
            if (instead != null) {
                return instead;
            }
        }
        return null;
    }

    private static String text() {
        try (InputStream in = LxcKeys.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(RESOURCE + " is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
