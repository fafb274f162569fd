package io.jbox.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
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
    static final String SUFFIX = ".tree";

    private static final int MOST = 4096;

    /** The file of an upper folder. */
    public static String file(String upper) {
        return upper + SUFFIX;
    }

    public String text() {
        return tree + "\n" + manifest + "\n" + name + "\n";
    }

    /** @return null if there is none, or one that was not written to its end */
    static @Nullable Pin read(Path file) {
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > MOST) {
                return null;
            }
            String[] lines = Files.readString(file, StandardCharsets.UTF_8).split("\n", -1);
            return lines.length == 4 ? new Pin(lines[2], lines[1], lines[0]) : null;
        } catch (IOException e) {
            return null;
        }
    }
}
