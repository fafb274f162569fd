package io.jbox.state;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A JSON object with known fields. */
public final class Fields {
    private final Map<?, ?> map;

    public Fields(Map<?, ?> map) {
        this.map = map;
    }

    /** A field is missing or has the wrong type. */
    public static final class MissingException extends Exception {
        private static final long serialVersionUID = 1L;

        MissingException(String field) {
            super("\"" + field + "\" is missing or wrong", null, false, false);
        }

        private MissingException(String message, boolean whole) {
            super(message, null, whole, false);
        }

        static MissingException ofNewer() {
            return new MissingException("it was written by a newer jbox", false);
        }
    }

    private <T> T get(String field, Class<T> type) throws MissingException {
        Object value = map.get(field);
        if (!type.isInstance(value)) {
            throw new MissingException(field);
        }
        return type.cast(value);
    }

    Set<String> names() {
        Set<String> names = new java.util.LinkedHashSet<>();
        for (Object name : map.keySet()) {
            names.add(String.valueOf(name));
        }
        return names;
    }

    /** All fields but these. */
    Map<String, Object> except(Set<String> known) {
        Map<String, Object> rest = new LinkedHashMap<>();
        for (Map.Entry<?, ?> field : map.entrySet()) {
            String name = String.valueOf(field.getKey());
            if (field.getValue() != null && !known.contains(name)) {
                rest.put(name, field.getValue());
            }
        }
        return rest;
    }

    public String text(String field) throws MissingException {
        return get(field, String.class);
    }

    /** The same; empty if the field is missing, as in a record of an older jbox. */
    public String textIfThere(String field) throws MissingException {
        return map.containsKey(field) ? text(field) : "";
    }

    /** Bytes, as pairs of hex digits. */
    public String hex(String field) throws MissingException {
        String text = text(field);
        try {
            HexFormat.of().parseHex(text);
        } catch (IllegalArgumentException e) {
            throw new MissingException(field);
        }
        return text;
    }

    /** A list of such. */
    public List<String> hexes(String field) throws MissingException {
        List<String> texts = texts(field);
        for (String text : texts) {
            new Fields(Map.of(field, text)).hex(field);
        }
        return texts;
    }

    public long number(String field) throws MissingException {
        return get(field, Long.class);
    }

    /** The same, or a default if the field is missing, as in a record of an older jbox. */
    public long numberIfThere(String field, long otherwise) throws MissingException {
        return map.containsKey(field) ? number(field) : otherwise;
    }

    public boolean bool(String field) throws MissingException {
        return get(field, Boolean.class);
    }

    BoxState state(String field) throws MissingException {
        String name = text(field);
        for (BoxState state : BoxState.values()) {
            if (state.name().equals(name)) {
                return state;
            }
        }
        throw new MissingException(field);
    }

    Fields fields(String field) throws MissingException {
        return new Fields(get(field, Map.class));
    }

    public List<String> texts(String field) throws MissingException {
        List<String> texts = new ArrayList<>();
        for (@Nullable Object element : get(field, List.class)) {
            if (!(element instanceof String text)) {
                throw new MissingException(field);
            }
            texts.add(text);
        }
        return List.copyOf(texts);
    }

    /** The same; empty if the field is missing, as in a record of an older jbox. */
    List<String> textsIfThere(String field) throws MissingException {
        return map.containsKey(field) ? texts(field) : List.of();
    }

    List<List<String>> lists(String field) throws MissingException {
        List<List<String>> lists = new ArrayList<>();
        for (@Nullable Object element : get(field, List.class)) {
            lists.add(new Fields(Map.of(field, element == null ? "" : element)).texts(field));
        }
        return lists;
    }

    public List<Long> numbers(String field) throws MissingException {
        List<Long> numbers = new ArrayList<>();
        for (@Nullable Object element : get(field, List.class)) {
            if (!(element instanceof Long number)) {
                throw new MissingException(field);
            }
            numbers.add(number);
        }
        return List.copyOf(numbers);
    }
}
