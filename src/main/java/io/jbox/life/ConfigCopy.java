package io.jbox.life;

import java.util.Map;
import java.util.regex.Pattern;

/**
 * The text of a configuration for a copy of a box. It differs in the box's name, in a host name equal to the original's
 * name, and in an overlay's writable layer in the original's folder. Comments are kept.
 */
final class ConfigCopy {
    private static final Pattern NAME = Pattern.compile("([\"']?)name\\1\\s*:(\\s.*)?");
    private static final Pattern UTS = Pattern.compile("uts\\s*:\\s*\\{\\s*([\"']?)name\\1\\s*:[^,{}]*\\}\\s*(#.*)?");

    private final String original;
    private final String name;
    private final Map<String, String> replaced;

    private final Pattern layer;

    /**
     * @param original its text, with each key of the top at the beginning of a line
     * @param of name of the original box
     * @param replaced top-level keys that get another value, each a text on one line
     */
    ConfigCopy(String original, String of, String name, Map<String, String> replaced) {
        this.original = original;
        this.replaced = replaced;
        this.name = name;
        this.layer = Pattern.compile(
                "(path[\"']?\\s*:\\s*[\"']?overlay:[^\"'#]*:box:)" + Pattern.quote(of) + "(?=[\"'\\s,}]|$)");
    }

    String text() {
        StringBuilder out = new StringBuilder("name: " + name + "\n");
        boolean below = false;
        boolean uts = false;
        for (String line : original.split("\n")) {
            boolean indented = line.startsWith(" ");
            if (!indented && !line.isBlank()) {
                uts = line.matches("uts\\s*:\\s*(#.*)?");
                below = false;
            }
            if (!indented && (NAME.matcher(line).matches() || isReplaced(line))) {
                // A value on the following lines is replaced as well.
                below = true;
            } else if (!(below && indented) && !UTS.matcher(line).matches() && !uts) {
                out.append(layer.matcher(line).replaceFirst("$1" + name)).append('\n');
            }
        }
        replaced.forEach(
                (key, value) -> out.append(key).append(": ").append(value).append('\n'));
        return out.toString();
    }

    private boolean isReplaced(String line) {
        for (String key : replaced.keySet()) {
            if (line.matches("([\"']?)" + key + "\\1\\s*:(\\s.*)?")) {
                return true;
            }
        }
        return false;
    }
}
