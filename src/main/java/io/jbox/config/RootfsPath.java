package io.jbox.config;

import java.util.ArrayList;
import java.util.List;

/**
 * The source of a box's root file system.
 *
 * @param lowers read-only layers of an overlay, the uppermost first; empty for a plain folder
 * @param path the folder, or the overlay's writable layer
 */
public record RootfsPath(List<String> lowers, String path) {
    /** The prefix for the root file system of a box, in the user's folder of boxes. */
    public static final String BOX = "box:";

    public boolean isOverlay() {
        return !lowers.isEmpty();
    }

    /** All layers, the uppermost first: the writable one, or the plain folder alone. */
    public List<String> layers() {
        List<String> layers = new ArrayList<>(List.of(path));
        layers.addAll(lowers);
        return layers;
    }

    /** The overlay's work folder, beside its upper folder and used by it only. */
    public String work() {
        return path + ".work";
    }

    /** Accepts {@code [dir:]PATH}, {@code box:NAME} and {@code overlay:LOWER[:LOWER…]:UPPER}. */
    public static RootfsPath parse(String text) throws BadValueException {
        if (text.indexOf('\0') >= 0 || text.isEmpty()) {
            throw new BadValueException("is not a path");
        }
        int colon = text.indexOf(':');
        String kind = colon < 0 ? "" : text.substring(0, colon);
        if (!kind.isEmpty() && !List.of("dir", "overlay", "box").contains(kind) && isWord(kind)) {
            String hint = kind.equals("loop")
                    ? "mount it with -o loop, and give the folder"
                    : "mount it, and give the folder; a folder of that name is ./" + text;
            throw new BadValueException(
                    "has \"" + kind + ":\", which jbox does not know (a folder, dir:, box: or overlay:)", hint);
        }
        if (text.startsWith("~") || text.startsWith("$")) {
            throw new BadValueException("is not expanded as in a shell", "write the whole path, or ./" + text);
        }
        if (!text.startsWith("overlay:")) {
            if (text.startsWith(BOX) && !Syntax.isBoxName(text.substring(BOX.length()))) {
                throw new BadValueException("is not box:NAME");
            }
            return new RootfsPath(List.of(), trim(text.startsWith("dir:") ? text.substring(4) : text));
        }
        List<String> parts = new ArrayList<>();
        boolean box = false;
        for (String word : text.substring("overlay:".length()).split(":", -1)) {
            if (word.equals("box") && !box) {
                box = true;
                continue;
            }
            String part = box ? BOX + word : word;
            box = false;
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

    private static boolean isWord(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) {
                return false;
            }
        }
        return true;
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
