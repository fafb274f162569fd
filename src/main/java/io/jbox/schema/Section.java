package io.jbox.schema;

import io.jbox.config.Value;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.yaml.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A mapping of the configuration with typed values, by the keys of a {@link Fields}. */
final class Section {
    private final Fields type;
    private final Place place;
    private final Map<String, Value<?>> values = new LinkedHashMap<>();

    Section(Fields type, Place place) {
        this.type = type;
        this.place = place;
    }

    Fields type() {
        return type;
    }

    Place place() {
        return place;
    }

    void put(Key<?> key, Object value, Place valuePlace) {
        values.put(key.name(), new Value<>(value, valuePlace));
    }

    /** The configured value, or null. */
    @SuppressWarnings("unchecked") // put() stores what the key's own type has read
    <T> @Nullable Value<T> find(Key<T> key) {
        return (Value<T>) values.get(key.name());
    }

    /** The configured value, else the key's default. */
    <T> Value<T> get(Key<T> key) {
        Value<T> written = find(key);
        if (written != null) {
            return written;
        }
        return Value.ofDefault(defaultOf(key));
    }

    /** The section below a key; empty if missing. */
    Section section(Key<Section> key) {
        Value<Section> written = find(key);
        return written != null ? written.get() : new Section((Fields) key.type(), Place.DEFAULT);
    }

    /** The elements of a list; none if missing. */
    <T> List<Value<T>> list(Key<List<Value<T>>> key) {
        Value<List<Value<T>>> written = find(key);
        if (written != null) {
            return written.get();
        }
        return key.defaultText() == null ? List.of() : defaultOf(key);
    }

    /** The entries of a table; none if missing. */
    <T> Map<String, Value<T>> table(Key<Map<String, Value<T>>> key) {
        Value<Map<String, Value<T>>> written = find(key);
        return written == null ? Map.of() : written.get();
    }

    /** A key's default value. */
    static <T> T defaultOf(Key<T> key) {
        String text = key.defaultText();
        if (text == null) {
            throw new IllegalStateException("key " + key.name() + " has no default");
        }
        List<Problem> problems = new ArrayList<>();
        T value = key.type().read(new Node.Scalar(text, false, Place.DEFAULT), key.name(), problems);
        if (value == null) {
            throw new IllegalStateException(problems.get(0).message());
        }
        return value;
    }

    /**
     * Returns this section overlaid with another: sections merge, lists are appended, everything else is replaced.
     *
     * @param over takes precedence
     */
    Section overlaidWith(Section over) {
        Section merged = new Section(type, over.place);
        merged.values.putAll(values);
        for (Map.Entry<String, Value<?>> entry : over.values.entrySet()) {
            Value<?> below = values.get(entry.getKey());
            Value<?> above = entry.getValue();
            merged.values.put(entry.getKey(), below == null ? above : merge(below, above));
        }
        return merged;
    }

    /** Returns this section completed by another: values here replace the other's entirely, also lists. */
    Section over(Section defaults) {
        Section complete = new Section(type, place);
        complete.values.putAll(defaults.values);
        for (Map.Entry<String, Value<?>> entry : values.entrySet()) {
            Value<?> below = defaults.values.get(entry.getKey());
            Value<?> own = entry.getValue();
            complete.values.put(
                    entry.getKey(),
                    below != null && below.get() instanceof Section base && own.get() instanceof Section section
                            ? new Value<>(section.over(base), own.place())
                            : own);
        }
        return complete;
    }

    private static Value<?> merge(Value<?> below, Value<?> above) {
        if (below.get() instanceof Section base && above.get() instanceof Section over) {
            return new Value<>(base.overlaidWith(over), above.place());
        }
        if (below.get() instanceof List<?> base && above.get() instanceof List<?> over) {
            List<Object> all = new ArrayList<>(base);
            all.addAll(over);
            return new Value<>(List.copyOf(all), above.place());
        }
        if (below.get() instanceof Map<?, ?> base && above.get() instanceof Map<?, ?> over) {
            Map<Object, Object> all = new LinkedHashMap<>(base);
            all.putAll(over);
            return new Value<>(all, above.place());
        }
        return above;
    }
}
