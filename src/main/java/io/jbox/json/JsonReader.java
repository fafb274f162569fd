package io.jbox.json;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Parses JSON (RFC 8259) into maps, lists and plain values. Strict: it need not read what {@link Json} would not write.
 */
public final class JsonReader {
    private static final int MAX_DEPTH = 64;

    private final String text;
    private int at;

    private JsonReader(String text) {
        this.text = text;
    }

    /** Thrown if the text is not JSON. */
    public static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        private MalformedException(String message, int offset) {
            super(message + " at character " + (offset + 1), null, false, false);
        }
    }

    /**
     * @return a {@link Map}, a {@link List}, a {@link String}, a {@link Long}, a {@link Boolean} or null
     * @throws MalformedException with the position
     */
    public static @Nullable Object read(String text) throws MalformedException {
        JsonReader reader = new JsonReader(text);
        Object value = reader.value(0);
        reader.skipSpace();
        if (reader.at < text.length()) {
            throw reader.malformed("more text after the value");
        }
        return value;
    }

    private MalformedException malformed(String message) {
        return new MalformedException(message, at);
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() throws MalformedException {
        skipSpace();
        if (at >= text.length()) {
            throw malformed("unexpected end");
        }
        return text.charAt(at);
    }

    private void expect(char c) throws MalformedException {
        if (peek() != c) {
            throw malformed("expected '" + c + "'");
        }
        at++;
    }

    private @Nullable Object value(int depth) throws MalformedException {
        if (depth > MAX_DEPTH) {
            throw malformed("nested too deeply");
        }
        return switch (peek()) {
            case '{' -> map(depth);
            case '[' -> list(depth);
            case '"' -> string();
            case 't' -> word("true", Boolean.TRUE);
            case 'f' -> word("false", Boolean.FALSE);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private @Nullable Object word(String word, @Nullable Object value) throws MalformedException {
        if (!text.startsWith(word, at)) {
            throw malformed("unexpected character");
        }
        at += word.length();
        return value;
    }

    private Long number() throws MalformedException {
        int start = at;
        while (at < text.length() && "-0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String digits = text.substring(start, at);
        try {
            // Numbers from 2^63 to 2^64 are kept as their 64 bits, for seccomp profiles.
            return digits.startsWith("-") ? Long.parseLong(digits) : Long.parseUnsignedLong(digits);
        } catch (NumberFormatException e) {
            at = start;
            throw malformed("expected a value");
        }
    }

    private Map<String, @Nullable Object> map(int depth) throws MalformedException {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        expect('{');
        while (peek() != '}') {
            if (!map.isEmpty()) {
                expect(',');
            }
            if (peek() != '"') {
                throw malformed("expected a key");
            }
            String key = string();
            expect(':');
            if (map.containsKey(key)) {
                throw malformed("key \"" + key + "\" is given twice");
            }
            map.put(key, value(depth + 1));
        }
        expect('}');
        return map;
    }

    private List<@Nullable Object> list(int depth) throws MalformedException {
        List<@Nullable Object> list = new ArrayList<>();
        expect('[');
        while (peek() != ']') {
            if (!list.isEmpty()) {
                expect(',');
            }
            list.add(value(depth + 1));
        }
        expect(']');
        return list;
    }

    private String string() throws MalformedException {
        StringBuilder out = new StringBuilder();
        expect('"');
        while (true) {
            if (at >= text.length()) {
                throw malformed("unexpected end");
            }
            char c = text.charAt(at++);
            if (c == '"') {
                return out.toString();
            } else if (c == '\\') {
                out.append(escaped());
            } else if (c < ' ') {
                throw malformed("control character in text");
            } else {
                out.append(c);
            }
        }
    }

    private char escaped() throws MalformedException {
        if (at >= text.length()) {
            throw malformed("unexpected end");
        }
        char c = text.charAt(at++);
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> unicode();
            default -> throw malformed("unknown escape");
        };
    }

    private char unicode() throws MalformedException {
        if (at + 4 > text.length()) {
            throw malformed("unexpected end");
        }
        int code = 0;
        for (int i = 0; i < 4; i++) {
            char c = text.charAt(at++);
            // Character.digit takes those of other scripts, too.
            int digit = c < 0x80 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                throw malformed("expected a hexadecimal digit");
            }
            code = code * 16 + digit;
        }
        return (char) code;
    }
}
