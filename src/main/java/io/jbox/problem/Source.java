package io.jbox.problem;

/**
 * A text that configuration is read from: a file, or the command line.
 *
 * @param name shown to the user: the path as it was given, or {@code command line}
 * @param text its whole text, empty for a source without one
 */
public record Source(String name, String text) {
    /** The source of all default values. */
    public static final Source DEFAULTS = new Source("default", "");

    /**
     * One line of the text.
     *
     * @param number counted from 1
     * @return the line without its end; empty if there is no such line
     */
    public String line(int number) {
        int start = 0;
        for (int line = 1; line < number; line++) {
            int end = text.indexOf('\n', start);
            if (end < 0) {
                return "";
            }
            start = end + 1;
        }
        int end = text.indexOf('\n', start);
        String line = end < 0 ? text.substring(start) : text.substring(start, end);
        return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
    }

    @Override
    public String toString() {
        return name;
    }
}
