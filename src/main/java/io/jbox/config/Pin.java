package io.jbox.config;

import org.jspecify.annotations.Nullable;

/**
 * Which tree a box's own files lie over: a file beside its upper folder, written when the box is started first. Files of an
 * overlay make no sense over another tree, so a box keeps its tree until it is reset, and the store keeps the tree as long as
 * the file is there.
 *
 * @param name of the image, in full
 * @param manifest of the image
 * @param tree its hash
 */
public record Pin(String name, String manifest, String tree) {
    /** Of the file's name, behind that of the upper folder. */
    public static final String SUFFIX = ".tree";

    /** The file of an upper folder. */
    public static String file(String upper) {
        return upper + SUFFIX;
    }

    public String text() {
        return tree + "\n" + manifest + "\n" + name + "\n";
    }

    /** @return null for what was not written to its end */
    public static @Nullable Pin parse(String text) {
        String[] lines = text.split("\n", -1);
        return lines.length == 4 ? new Pin(lines[2], lines[1], lines[0]) : null;
    }
}
