package io.jbox.life;

import io.jbox.problem.JboxException;
import io.jbox.problem.RawText;

/**
 * One file that a box has changed.
 *
 * @param path in the box, without a slash in front
 * @param bytes of a regular file as it is now; 0 for others
 */
public record BoxChange(Kind kind, String path, long bytes) {
    /** Encodes the change for {@link #parse}; it ends with a NUL, which no path contains. */
    public byte[] line() {
        return RawText.encode(kind.letter() + " " + bytes + " " + path + "\0");
    }

    /** @param line without the NUL */
    static BoxChange parse(byte[] line) {
        String[] words = RawText.decode(line).split(" ", 3);
        for (Kind kind : Kind.values()) {
            if (words.length == 3 && words[0].equals(String.valueOf(kind.letter()))) {
                return new BoxChange(kind, words[2], Long.parseLong(words[1]));
            }
        }
        throw new JboxException("jbox store: an unknown change: " + words[0]);
    }

    /** What happened to the file. */
    public enum Kind {
        ADDED('A'),
        MODIFIED('M'),
        DELETED('D');

        private final char letter;

        Kind(char letter) {
            this.letter = letter;
        }

        public char letter() {
            return letter;
        }
    }
}
