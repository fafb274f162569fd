package io.jbox.problem;

/** Text of foreign files on its way to a terminal: one line, and no control characters. */
public final class Printable {
    private Printable() {}

    /** A space for a tab, a question mark for every other control character; as long as the text. */
    public static String of(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(c == '\t' ? ' ' : isControl(c) ? '?' : c);
        }
        return out.toString();
    }

    /** Whether a terminal does something else with a character than to show it: controls, line ends, directions, nothing. */
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
