package io.jbox.schema;

import io.jbox.config.Value;
import io.jbox.problem.Problem;
import io.jbox.yaml.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A mapping with free keys. Keys with dots may also be nested at the dots. */
final class Table<T> extends Type<Map<String, Value<T>>> {
    private final Type.Scalar<String> keys;
    private final Type.Scalar<T> values;
    private final boolean dotted;

    private Table(Type.Scalar<String> keys, Type.Scalar<T> values, boolean dotted) {
        this.keys = keys;
        this.values = values;
        this.dotted = dotted;
    }

    static <T> Table<T> of(Type.Scalar<String> keys, Type.Scalar<T> values) {
        return new Table<>(keys, values, false);
    }

    /** A table with keys such as {@code net.ipv4.ip_forward}. */
    static <T> Table<T> dotted(Type.Scalar<String> keys, Type.Scalar<T> values) {
        return new Table<>(keys, values, true);
    }

    @Override
    String shown() {
        return "a mapping; each key is " + keys.shown() + ", each value " + values.shown();
    }

    @Override
    @Nullable
    Map<String, Value<T>> read(Node node, String path, List<Problem> problems) {
        if (!(node instanceof Node.Mapping mapping)) {
            problems.add(new Problem(path + ": expected a mapping, found " + node.kind(), node.place()));
            return null;
        }
        int before = problems.size();
        Map<String, Value<T>> table = new LinkedHashMap<>();
        for (Node.Entry entry : unique(dotted ? flat(mapping) : mapping, path, problems)) {
            String key = entry.key().text();
            String name = keys.parse(key, entry.key().place(), path, problems);
            T value = values.read(entry.value(), path + "." + key, problems);
            if (name != null && value != null) {
                table.put(name, new Value<>(value, entry.key().place()));
            }
        }
        return problems.size() == before ? table : null;
    }

    private static Node.Mapping flat(Node.Mapping mapping) {
        List<Node.Entry> entries = new ArrayList<>();
        for (Node.Entry entry : mapping.entries()) {
            if (!(entry.value() instanceof Node.Mapping below)) {
                entries.add(entry);
                continue;
            }
            for (Node.Entry inner : flat(below).entries()) {
                Node.Scalar key = inner.key();
                entries.add(new Node.Entry(
                        new Node.Scalar(entry.key().text() + "." + key.text(), key.plain(), key.place()),
                        inner.value()));
            }
        }
        return new Node.Mapping(entries, mapping.place());
    }

    @Override
    Map<String, Object> schema() {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("propertyNames", keys.schema());
        schema.put("additionalProperties", values.schema());
        return schema;
    }
}
