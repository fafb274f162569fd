package io.jbox.problem;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Converts bytes from the kernel, which may not be UTF-8, to a String and back without loss: a byte that is not part of
 * a character becomes a lone surrogate from U+DC80 to U+DCFF, which no UTF-8 text contains.
 */
public final class RawText {
    private static final char FIRST = '\udc80';
    private static final char LAST = '\udcff';
    private static final int BASE = 0xdc00;

    private RawText() {}

    /** Decodes bytes. */
    public static String decode(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        while (true) {
            CoderResult result = decoder.decode(in, out, true);
            if (!result.isError()) {
                return out.flip().toString();
            }
            for (int i = 0; i < result.length(); i++) {
                out.put((char) (BASE + (in.get() & 0xff)));
            }
            decoder.reset();
        }
    }

    /** Splits a list of NUL-terminated strings. */
    public static List<String> split(byte[] bytes) {
        List<String> strings = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                strings.add(decode(Arrays.copyOfRange(bytes, start, i)));
                start = i + 1;
            }
        }
        return strings;
    }

    /** Encodes a text. */
    public static byte[] encode(String text) {
        int first = firstRaw(text, 0);
        if (first < 0) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        ByteBuffer out = ByteBuffer.allocate(3 * text.length());
        int from = 0;
        for (int raw = first; raw >= 0; raw = firstRaw(text, from)) {
            out.put(text.substring(from, raw).getBytes(StandardCharsets.UTF_8));
            out.put((byte) (text.charAt(raw) - BASE));
            from = raw + 1;
        }
        out.put(text.substring(from).getBytes(StandardCharsets.UTF_8));
        byte[] bytes = new byte[out.flip().remaining()];
        out.get(bytes);
        return bytes;
    }

    /** Whether a text contains bytes that are not UTF-8; Java cannot open a file of such a name. */
    public static boolean isRaw(String text) {
        return firstRaw(text, 0) >= 0;
    }

    private static int firstRaw(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= FIRST && c <= LAST && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)))) {
                return i;
            }
        }
        return -1;
    }
}
