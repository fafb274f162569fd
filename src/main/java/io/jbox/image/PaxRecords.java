package io.jbox.image;

import io.jbox.problem.RawText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The records of a pax extended header: {@code LENGTH KEYWORD=VALUE\n} each. A value is bytes: extended attributes are no
 * text.
 */
final class PaxRecords {
    static final PaxRecords NONE = new PaxRecords(Map.of(), List.of());

    /** Before the name of an extended attribute. */
    static final String ATTRIBUTE = "SCHILY.xattr.";

    private final Map<String, byte[]> values;
    private final List<Long> sparse;

    private PaxRecords(Map<String, byte[]> values, List<Long> sparse) {
        this.values = values;
        this.sparse = sparse;
    }

    static PaxRecords parse(byte[] bytes) throws BadImageException {
        Map<String, byte[]> values = new LinkedHashMap<>();
        List<Long> sparse = new ArrayList<>();
        int at = 0;
        while (at < bytes.length) {
            int space = indexOf(bytes, ' ', at, bytes.length);
            int length = space < 0 ? 0 : (int) Math.min(bytes.length + 1L, decimal(bytes, at, space));
            int end = at + length;
            int equals = space < 0 || end > bytes.length ? -1 : indexOf(bytes, '=', space + 1, end);
            if (equals < 0 || bytes[end - 1] != '\n') {
                throw new BadImageException("an extended header of the tar archive is damaged");
            }
            String keyword = RawText.decode(Arrays.copyOfRange(bytes, space + 1, equals));
            byte[] value = Arrays.copyOfRange(bytes, equals + 1, end - 1);
            if (value.length == 0 && !keyword.startsWith(ATTRIBUTE)) {
                // As if it had not been written (pax, "Extended Header").
                values.remove(keyword);
            } else {
                values.put(keyword, value);
            }
            // GNU's format 0.0 repeats them.
            if (keyword.equals("GNU.sparse.offset") || keyword.equals("GNU.sparse.numbytes")) {
                sparse.add(decimal(value, 0, value.length));
            }
            at = end;
        }
        return new PaxRecords(values, sparse);
    }

    PaxRecords bounded(int most) throws BadImageException {
        int bytes = 0;
        for (Map.Entry<String, byte[]> value : values.entrySet()) {
            bytes += value.getKey().length() + value.getValue().length;
        }
        if (bytes > most) {
            throw new BadImageException("a global header of the tar archive has more than " + most + " bytes");
        }
        return this;
    }

    /** These over those of a global header. */
    PaxRecords over(PaxRecords global) {
        if (global.values.isEmpty()) {
            return this;
        }
        Map<String, byte[]> all = new LinkedHashMap<>(global.values);
        all.putAll(values);
        return new PaxRecords(all, sparse);
    }

    @Nullable
    String text(String keyword) {
        byte[] value = values.get(keyword);
        return value == null ? null : RawText.decode(value);
    }

    /** A number, the part of it before a decimal point. */
    long number(String keyword, long otherwise) throws BadImageException {
        byte[] value = values.get(keyword);
        if (value == null) {
            return otherwise;
        }
        int point = indexOf(value, '.', 0, value.length);
        boolean negative = value.length > 0 && value[0] == '-';
        long number = decimal(value, negative ? 1 : 0, point < 0 ? value.length : point);
        return negative ? -number : number;
    }

    boolean has(String keyword) {
        return values.containsKey(keyword);
    }

    Map<String, byte[]> attributes() {
        Map<String, byte[]> attributes = new LinkedHashMap<>();
        for (Map.Entry<String, byte[]> value : values.entrySet()) {
            if (value.getKey().startsWith(ATTRIBUTE)) {
                attributes.put(value.getKey().substring(ATTRIBUTE.length()), value.getValue());
            }
        }
        return attributes;
    }

    /** The segments of GNU's formats 0.0 and 0.1; null if the file has none, or has them in front of its content (1.0). */
    @Nullable
    List<TarEntry.Segment> segments() throws BadImageException {
        byte[] map = values.get("GNU.sparse.map");
        List<Long> numbers = new ArrayList<>(sparse);
        if (map != null) {
            numbers.clear();
            for (int at = 0; at < map.length; ) {
                int comma = indexOf(map, ',', at, map.length);
                int end = comma < 0 ? map.length : comma;
                numbers.add(decimal(map, at, end));
                at = end + 1;
            }
        }
        return numbers.isEmpty() ? null : segments(numbers);
    }

    /** Offsets and lengths in turn. */
    static List<TarEntry.Segment> segments(List<Long> numbers) throws BadImageException {
        if (numbers.size() % 2 != 0) {
            throw new BadImageException("the map of a sparse file is damaged");
        }
        List<TarEntry.Segment> segments = new ArrayList<>();
        for (int i = 0; i < numbers.size(); i += 2) {
            segments.add(new TarEntry.Segment(numbers.get(i), numbers.get(i + 1)));
        }
        return segments;
    }

    static long decimal(byte[] bytes, int from, int to) throws BadImageException {
        try {
            String digits = new String(bytes, from, to - from, StandardCharsets.US_ASCII);
            long value = Long.parseLong(digits);
            if (value >= 0 && Character.isDigit(digits.charAt(0))) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new BadImageException("an extended header of the tar archive has an invalid number");
    }

    private static int indexOf(byte[] bytes, char wanted, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == wanted) {
                return i;
            }
        }
        return -1;
    }
}
