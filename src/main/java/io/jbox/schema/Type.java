package io.jbox.schema;

import io.jbox.config.BadValueException;
import io.jbox.config.Nearest;
import io.jbox.config.Value;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.yaml.Node;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The type of a key's value: how to read it, and its JSON Schema. */
abstract sealed class Type<T> {
    /**
     * Reads a node.
     *
     * @param path the key's full name, for messages
     * @param problems receives the problems found
     * @return null if there are any
     */
    abstract @Nullable T read(Node node, String path, List<Problem> problems);

    /** The type as a JSON Schema. */
    abstract Map<String, Object> schema();

    /** A single value. */
    abstract static non-sealed class Scalar<T> extends Type<T> {
        private final String what;

        /** @param what its name with an article, such as {@code a number} */
        Scalar(String what) {
            this.what = what;
        }

        /** Turns text into a value. */
        abstract T parse(String text) throws BadValueException;

        @Override
        @Nullable
        T read(Node node, String path, List<Problem> problems) {
            if (!(node instanceof Node.Scalar scalar) || scalar.isEmpty()) {
                problems.add(new Problem(path + ": expected " + what + ", found " + node.kind(), node.place()));
                return null;
            }
            return parse(scalar.text(), scalar.place(), path, problems);
        }

        @Nullable
        T parse(String text, Place place, String path, List<Problem> problems) {
            try {
                return parse(text);
            } catch (BadValueException e) {
                problems.add(new Problem(path + ": \"" + text + "\" " + e.getMessage(), place, e.hint()));
                return null;
            }
        }
    }

    /** How a scalar in place of a list is split. */
    enum Separator {
        NONE,
        SPACE,
        SPACE_OR_COMMA
    }

    /** A list, or a scalar that is split at a separator. */
    static final class Sequence<T> extends Type<List<Value<T>>> {
        private final Type<T> element;
        private final Separator separator;

        Sequence(Type<T> element, Separator separator) {
            this.element = element;
            this.separator = separator;
        }

        Type<T> element() {
            return element;
        }

        @Override
        @Nullable
        List<Value<T>> read(Node node, String path, List<Problem> problems) {
            List<Node> items;
            if (node instanceof Node.Sequence sequence) {
                items = sequence.items();
            } else if (node instanceof Node.Scalar scalar && element instanceof Scalar && !scalar.isEmpty()) {
                items = split(scalar);
            } else if (node instanceof Node.Mapping && element instanceof Fields) {
                problems.add(new Problem(
                        path + ": expected a list, found a mapping", node.place(), "put \"- \" before its first key"));
                return null;
            } else {
                problems.add(new Problem(path + ": expected a list, found " + node.kind(), node.place()));
                return null;
            }
            List<Value<T>> values = new ArrayList<>();
            boolean good = true;
            for (int i = 0; i < items.size(); i++) {
                String itemPath = element instanceof Fields ? path + "." + i : path;
                T value = element.read(items.get(i), itemPath, problems);
                if (value == null) {
                    good = false;
                } else {
                    values.add(new Value<>(value, items.get(i).place()));
                }
            }
            return good ? List.copyOf(values) : null;
        }

        private List<Node> split(Node.Scalar scalar) {
            if (separator == Separator.NONE) {
                return List.of(scalar);
            }
            List<Node> words = new ArrayList<>();
            String text = scalar.text();
            int start = 0;
            for (int i = 0; i <= text.length(); i++) {
                boolean end = i == text.length() || text.charAt(i) <= ' ' || isComma(text.charAt(i));
                if (end && i > start) {
                    words.add(new Node.Scalar(text.substring(start, i), scalar.plain(), scalar.place()));
                }
                start = end ? i + 1 : start;
            }
            return words;
        }

        private boolean isComma(char c) {
            return c == ',' && separator == Separator.SPACE_OR_COMMA;
        }

        @Override
        Map<String, Object> schema() {
            Map<String, Object> list = new LinkedHashMap<>();
            list.put("type", "array");
            list.put("items", element.schema());
            if (!(element instanceof Scalar)) {
                return list;
            }
            Map<String, Object> single = separator == Separator.NONE ? element.schema() : Map.of("type", "string");
            return Map.of("anyOf", List.of(list, single));
        }
    }

    /** A mapping with free keys. Keys with dots may also be nested at the dots. */
    static final class Table<T> extends Type<Map<String, Value<T>>> {
        private final Scalar<String> keys;
        private final Scalar<T> values;
        private final boolean dotted;

        private Table(Scalar<String> keys, Scalar<T> values, boolean dotted) {
            this.keys = keys;
            this.values = values;
            this.dotted = dotted;
        }

        static <T> Table<T> of(Scalar<String> keys, Scalar<T> values) {
            return new Table<>(keys, values, false);
        }

        /** A table with keys such as {@code net.ipv4.ip_forward}. */
        static <T> Table<T> dotted(Scalar<String> keys, Scalar<T> values) {
            return new Table<>(keys, values, true);
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

    /** A mapping with fixed keys, and perhaps further dotted keys. */
    static final class Fields extends Type<Section> {
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
                    problems.add(unknown(entry.key(), path));
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

        private Problem unknown(Node.Scalar key, String path) {
            String name = key.text();
            String subject = path.isEmpty() ? "unknown key \"" : path + ": unknown key \"";
            String hint;
            String nearest = Nearest.find(name, byName.keySet());
            String home = Keys.findPath(name);
            int dot = name.indexOf('.');
            String table = Keys.inTable(name.startsWith("lxc.") ? name.substring(4) : name);
            if (table != null) {
                hint = "write it as " + table;
            } else if (Keys.LATER.contains(name)) {
                hint = "LXC has this key, but jbox does not support it yet";
            } else if (name.equals("<<")) {
                hint = "merge keys are not supported: use include";
            } else if (dot > 0 && Keys.findPath(name.startsWith("lxc.") ? name.substring(4) : name) != null) {
                hint = "nest it at the dots: " + nested(name.startsWith("lxc.") ? name.substring(4) : name);
            } else if (nearest != null) {
                hint = "did you mean \"" + nearest + "\"?";
            } else if (home != null) {
                hint = "it is written as " + home;
            } else {
                hint = "known here: " + String.join(", ", names());
            }
            return new Problem(subject + name + "\"", key.place(), hint);
        }

        private static String nested(String dotted) {
            StringBuilder out = new StringBuilder();
            StringBuilder end = new StringBuilder();
            String[] parts = dotted.split("\\.");
            for (int i = 0; i < parts.length; i++) {
                boolean number = i > 0 && !parts[i].isEmpty() && Character.isDigit(parts[i].charAt(0));
                if (number) {
                    // A list element.
                    out.append(": [");
                    end.insert(0, ']');
                    continue;
                }
                boolean inList = i > 1 && out.toString().endsWith("[");
                out.append(i == 0 ? "" : inList ? "{" : ": {").append(parts[i]);
                end.insert(0, i == 0 ? "" : "}");
            }
            return out + ": ..." + end;
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

    /** Returns the first entry of each key and reports duplicates. */
    private static Collection<Node.Entry> unique(Node.Mapping mapping, String path, List<Problem> problems) {
        Map<String, Node.Entry> seen = new LinkedHashMap<>();
        for (Node.Entry entry : mapping.entries()) {
            Node.Entry first = seen.putIfAbsent(entry.key().text(), entry);
            if (first != null) {
                String subject = path.isEmpty() ? "duplicate key \"" : path + ": duplicate key \"";
                problems.add(new Problem(
                        subject + entry.key().text() + "\"",
                        entry.key().place(),
                        "first written at " + first.key().place()));
            }
        }
        return seen.values();
    }
}
