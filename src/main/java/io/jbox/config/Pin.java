package io.jbox.config;

import org.jspecify.annotations.Nullable;

/**
 * Records which tree a box's own files lie over, in a file beside its upper folder, written at the box's first start.
 * The files of an overlay are meaningless over another tree, so a box keeps its tree until it is reset, and the store
 * keeps the tree as long as this file exists.
 *
 * @param name of the image, in full
 * @param manifest of the image
 * @param tree its hash
 */
public record Pin(String name, String manifest, String tree) {
    /** Appended to the upper folder's name, this gives the file's name. */
    public static final String SUFFIX = ".tree";

    /** The file of an upper folder. */
    public static String file(String upper) {
        return upper + SUFFIX;
    }

    public String text() {
        return tree + "\n" + manifest + "\n" + name + "\n";
    }

    /** @return null if it was not completely written */
    public static @Nullable Pin parse(String text) {
        String[] lines = text.split("\n", -1);
        return lines.length == 4 ? new Pin(lines[2], lines[1], lines[0]) : null;
    }
}
