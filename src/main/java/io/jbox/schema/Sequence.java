package io.jbox.schema;

import io.jbox.config.Value;
import io.jbox.problem.Problem;
import io.jbox.yaml.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A list, or a scalar that is split at a separator. */
final class Sequence<T> extends Type<List<Value<T>>> {
    /** How a scalar in place of a list is split. */
    enum Separator {
        NONE,
        SPACE,
        SPACE_OR_COMMA
    }

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
    String shown() {
        String split = switch (separator) {
            case NONE -> "";
            case SPACE -> ", or text that is split at spaces";
            case SPACE_OR_COMMA -> ", or text that is split at spaces and commas";
        };
        return "a list" + split + "; each element is " + element.shown();
    }

    @Override
    @Nullable
    List<Value<T>> read(Node node, String path, List<Problem> problems) {
        List<Node> items;
        if (node instanceof Node.Sequence sequence) {
            items = sequence.items();
        } else if (node instanceof Node.Scalar scalar && element instanceof Type.Scalar && !scalar.isEmpty()) {
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
        if (!(element instanceof Type.Scalar)) {
            return list;
        }
        Map<String, Object> single = separator == Separator.NONE ? element.schema() : Map.of("type", "string");
        return Map.of("anyOf", List.of(list, single));
    }
}
