package io.jbox.schema;

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
        for (String line : KeyTexts.lines(RESOURCE)) {
            int separator = line.indexOf(SEPARATOR);
            if (!line.startsWith("#") && separator > 0) {
                missing.put(line.substring(0, separator), line.substring(separator + SEPARATOR.length()));
            }
        }
        return missing;
    }

    /** The hint for a key that LXC has and jbox does not; null for any other. */
    static @Nullable String hint(String path) {
        String instead = instead(path);
        return instead == null ? null : "LXC has this key, and jbox does not: " + instead;
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
}
