package io.jbox.config;

import java.util.ArrayList;
import java.util.List;

/**
 * Where a box's root file system comes from.
 *
 * @param lowers read-only layers of an overlay, the uppermost first; empty for a plain folder
 * @param path the folder, or the overlay's writable layer
 */
public record RootfsPath(List<String> lowers, String path) {
    /** Whether it is an overlay. */
    public boolean isOverlay() {
        return !lowers.isEmpty();
    }

    /** The overlay's work folder: beside the upper one, and its alone. */
    public String work() {
        return path + ".work";
    }

    /** Accepts {@code [dir:]PATH} and {@code overlay:LOWER[:LOWER…]:UPPER}. */
    static RootfsPath parse(String text) throws BadValueException {
        if (text.indexOf('\0') >= 0 || text.isEmpty()) {
            throw new BadValueException("is not a path");
        }
        if (!text.startsWith("overlay:")) {
            return new RootfsPath(List.of(), trim(text.startsWith("dir:") ? text.substring(4) : text));
        }
        List<String> parts = new ArrayList<>();
        for (String part : text.substring("overlay:".length()).split(":", -1)) {
            if (part.isEmpty() || part.indexOf(',') >= 0) {
                throw new BadValueException("is not overlay:LOWER[:LOWER...]:UPPER (no empty path, no comma)");
            }
            parts.add(trim(part));
        }
        if (parts.size() < 2) {
            throw new BadValueException("is not overlay:LOWER[:LOWER...]:UPPER");
        }
        return new RootfsPath(List.copyOf(parts.subList(0, parts.size() - 1)), parts.get(parts.size() - 1));
    }

    private static String trim(String path) {
        int end = path.length();
        while (end > 1 && path.charAt(end - 1) == '/') {
            end--;
        }
        return path.substring(0, end);
    }

    @Override
    public String toString() {
        return isOverlay() ? "overlay:" + String.join(":", lowers) + ":" + path : path;
    }
}
