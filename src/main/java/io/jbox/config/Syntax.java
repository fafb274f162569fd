package io.jbox.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Parsing helpers shared by several types of values, and patterns for editors. */
public final class Syntax {
    /** The value of {@link #COUNT_OR_MAX} for max. */
    public static final long NO_LIMIT = -1;

    public static final List<String> ANY_TYPE = List.of("string", "number", "boolean");
    public static final int MAX_BOX_NAME = 63;

    private Syntax() {}

    public static boolean isBoxName(String text) {
        return !text.isEmpty()
                && text.length() <= MAX_BOX_NAME
                && isAlphanumeric(text.charAt(0))
                && consistsOf(text, "_.-");
    }

    public static long parseNumber(String text, long least, long most) throws BadValueException {
        boolean digits = !text.isEmpty() && text.length() <= 19;
        for (int i = 0; i < text.length(); i++) {
            digits &= isDigit(text.charAt(i));
        }
        if (digits) {
            try {
                long number = Long.parseLong(text);
                if (number >= least && number <= most) {
                    return number;
                }
            } catch (NumberFormatException e) {
                throw new BadValueException("is not a number from " + least + " to " + most);
            }
        }
        throw new BadValueException("is not a number from " + least + " to " + most);
    }

    /** Splits a text at spaces. */
    public static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int start = 0;
        for (int i = 0; i <= text.length(); i++) {
            if (i == text.length() || text.charAt(i) == ' ') {
                if (i > start) {
                    words.add(text.substring(start, i));
                }
                start = i + 1;
            }
        }
        return words;
    }

    public static void require(boolean good, String complaint) throws BadValueException {
        if (!good) {
            throw new BadValueException(complaint);
        }
    }

    public static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    public static boolean isAlphanumeric(char c) {
        return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    }

    /** Whether a text has only letters, digits and the given characters. */
    public static boolean consistsOf(String text, String others) {
        for (int i = 0; i < text.length(); i++) {
            if (!isAlphanumeric(text.charAt(i)) && others.indexOf(text.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }

    public static Map<String, Object> pattern(String pattern) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", ANY_TYPE);
        schema.put("pattern", pattern);
        return schema;
    }

    public static Map<String, Object> anyOf(Object... schemas) {
        return Map.of("anyOf", List.of(schemas));
    }

    /** A pattern for words, ignoring case. */
    public static String ignoringCase(String... words) {
        StringBuilder out = new StringBuilder("^(");
        for (String word : words) {
            out.append(out.length() == 2 ? "" : "|");
            for (char c : word.toCharArray()) {
                char lower = Character.toLowerCase(c);
                char upper = Character.toUpperCase(c);
                out.append(lower == upper ? String.valueOf(c) : "[" + upper + lower + "]");
            }
        }
        return out.append(")$").toString();
    }
}
