package io.jbox.problem;

/**
 * A place in a {@link Source}.
 *
 * @param source the text
 * @param line counted from 1; 0 for the source as a whole
 * @param column counted from 1 in characters; 0 for the whole line
 */
public record Place(Source source, int line, int column) {
    /** The place of a default value. */
    public static final Place DEFAULT = new Place(Source.DEFAULTS, 0, 0);

    private static final int SNIPPET_WIDTH = 100;
    private static final int SNIPPET_LEAD = 60;

    /** The source as a whole. */
    public static Place of(Source source) {
        return new Place(source, 0, 0);
    }

    /** Whether this is the place of a default value. */
    public boolean isDefault() {
        return source == Source.DEFAULTS;
    }

    /**
     * The line with a caret below the column, as printed by compilers.
     *
     * @return two lines, indented, each with its line end; empty if the place has no line
     */
    public String snippet() {
        if (line == 0) {
            return "";
        }
        String text = source.line(line);
        int caret = Math.max(column, 1) - 1;
        int from = 0;
        if (text.length() > SNIPPET_WIDTH && caret > SNIPPET_LEAD) {
            from = caret - SNIPPET_LEAD;
        }
        String shown = text.substring(Math.min(from, text.length()), Math.min(text.length(), from + SNIPPET_WIDTH));
        String number = Integer.toString(line);
        StringBuilder out = new StringBuilder();
        out.append("   ")
                .append(number)
                .append(" | ")
                .append(Printable.of(shown))
                .append('\n');
        out.append("   ").append(" ".repeat(number.length())).append(" | ");
        return out.append(" ".repeat(caret - from)).append("^\n").toString();
    }

    /** {@code file:line:column}, as far as known. */
    @Override
    public String toString() {
        if (line == 0) {
            return source.name();
        }
        return column == 0 ? source.name() + ":" + line : source.name() + ":" + line + ":" + column;
    }
}
