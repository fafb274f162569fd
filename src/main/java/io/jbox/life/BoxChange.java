package io.jbox.life;

/**
 * One file that a box has changed.
 *
 * @param path in the box, without a slash in front
 * @param bytes of a regular file as it is now; 0 for others
 */
public record BoxChange(Kind kind, String path, long bytes) {
    /** What has become of it. */
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
