package io.jbox.schema;

import io.jbox.config.Value;
import io.jbox.problem.Problem;
import io.jbox.yaml.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A mapping with fixed keys, and perhaps further dotted keys. */
final class Fields extends Type<Section> {
    private final List<Key<?>> keys;
    private final @Nullable Key<Map<String, Value<String>>> others;
    private final Map<String, Key<?>> byName = new HashMap<>();

    Fields(Key<?>... keys) {
        this(null, keys);
    }

    Fields(@Nullable Key<Map<String, Value<String>>> others, Key<?>... keys) {
        this.keys = List.of(keys);
        this.others = others;
        for (Key<?> key : keys) {
            byName.put(key.name(), key);
        }
    }

    List<Key<?>> keys() {
        return keys;
    }

    /** The key that holds the further keys; null if there are none. */
    @Nullable
    Key<Map<String, Value<String>>> others() {
        return others;
    }

    @Override
    String shown() {
        return "a mapping";
    }

    @Override
    @Nullable
    Section read(Node node, String path, List<Problem> problems) {
        if (!(node instanceof Node.Mapping mapping)) {
            String hint = null;
            if (path.isEmpty()) {
                boolean lxc =
                        node instanceof Node.Scalar scalar && scalar.text().startsWith("lxc.");
                hint = lxc
                        ? "this is LXC's own format: write lxc.uts.name = x as \"uts: {name: x}\""
                        : "a configuration is keys and values: \"name: bbox\"";
            }
            String subject = path.isEmpty() ? "configuration" : path;
            problems.add(new Problem(subject + ": expected a mapping, found " + node.kind(), node.place(), hint));
            return null;
        }
        int before = problems.size();
        Section section = new Section(this, node.place());
        List<Node.Entry> rest = new ArrayList<>();
        for (Node.Entry entry : unique(mapping, path, problems)) {
            String name = entry.key().text();
            Key<?> key = byName.get(name);
            if (key == null && others != null && (name.contains(".") || entry.value() instanceof Node.Mapping)) {
                rest.add(entry);
            } else if (key == null) {
                problems.add(UnknownKey.problem(entry.key(), path, names()));
            } else {
                String full = path.isEmpty() ? name : path + "." + name;
                Object value = key.type().read(entry.value(), full, problems);
                if (value != null) {
                    section.put(key, value, entry.value().place());
                }
            }
        }
        if (others != null && !rest.isEmpty()) {
            Node.Mapping mine = new Node.Mapping(rest, node.place());
            Map<String, Value<String>> table = others.type().read(mine, path, problems);
            if (table != null) {
                section.put(others, table, node.place());
            }
        }
        return problems.size() == before ? section : null;
    }

    private List<String> names() {
        List<String> names = new ArrayList<>();
        for (Key<?> key : keys) {
            names.add(key.name());
        }
        return names;
    }

    @Override
    Map<String, Object> schema() {
        Map<String, Object> properties = new LinkedHashMap<>();
        for (Key<?> key : keys) {
            Map<String, Object> property = new LinkedHashMap<>(key.type().schema());
            property.put("description", key.about());
            if (key.defaultText() != null) {
                property.put("default", key.defaultText());
            }
            properties.put(key.name(), property);
        }
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("additionalProperties", false);
        schema.put("properties", properties);
        if (others != null && others.type().schema().get("propertyNames") instanceof Map<?, ?> names) {
            schema.put("patternProperties", Map.of(String.valueOf(names.get("pattern")), Scalars.TEXT.schema()));
        }
        return schema;
    }
}
