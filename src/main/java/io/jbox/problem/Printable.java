package io.jbox.problem;

/** Makes foreign text safe to print on a terminal: one line, and no control characters. */
public final class Printable {
    private Printable() {}

    /** Replaces a tab by a space, and every other control character by a question mark; the length stays the same. */
    public static String of(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(c == '\t' ? ' ' : isControl(c) ? '?' : c);
        }
        return out.toString();
    }

    /**
     * Whether a terminal does not simply show a character: control characters, line ends, direction marks, invisible
     * characters.
     */
    public static boolean isControl(char c) {
        return Character.isISOControl(c)
                || c == '\u00ad'
                || c == '\u061c'
                || c >= '\u200b' && c <= '\u200f'
                || c >= '\u2028' && c <= '\u202e'
                || c >= '\u2060' && c <= '\u206f'
                || c == '\ufeff';
    }
}
