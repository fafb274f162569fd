package io.jbox.problem;

/** Text of foreign files on its way to a terminal: one line, and no control characters. */
public final class Printable {
    private Printable() {}

    /** A space for a tab, a question mark for every other control character; as long as the text. */
    public static String of(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean control =
                    Character.isISOControl(c) || c == '\u2028' || c == '\u2029' || c >= '\u202a' && c <= '\u202e';
            out.append(c == '\t' ? ' ' : control ? '?' : c);
        }
        return out.toString();
    }
}
