package io.jbox.schema;

import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.problem.Source;
import io.jbox.yaml.Node;
import io.jbox.yaml.YamlParser;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code KEY=VALUE} on the command line: sets one key of the tree before it is checked, so that the same checks apply.
 *
 * <p>KEY is dotted, with numbers for list elements ({@code net.0.type}), with or without {@code lxc.}. VALUE is YAML if
 * it begins with {@code [} or <code>{</code>, else text. It replaces the value in the file.
 */
final class Assignment {
    /** The source name shown for values from the command line. */
    static final String SOURCE = "command line";

    private final Place place;
    private final String[] path;
    private final Node value;

    private Assignment(Place place, String[] path, Node value) {
        this.place = place;
        this.path = path;
        this.value = value;
    }

    /** @throws JboxException if it is not {@code KEY=VALUE} */
    static Assignment parse(String text) {
        Source source = new Source(SOURCE, text);
        int equals = text.indexOf('=');
        if (equals <= 0) {
            throw new JboxException(
                    List.of(new Problem(
                            "-s \"" + text + "\": expected KEY=VALUE",
                            null,
                            "-s init.cmd=/bin/sh, -s net.0.type=empty")),
                    JboxException.USAGE);
        }
        String key = text.substring(0, equals);
        String value = text.substring(equals + 1);
        Place valuePlace = new Place(source, 1, equals + 2);
        Node node = value.startsWith("[") || value.startsWith("{")
                ? YamlParser.parse(new Source(SOURCE, " ".repeat(equals + 1) + value))
                : new Node.Scalar(value, false, valuePlace);
        return new Assignment(
                new Place(source, 1, 1), (key.startsWith("lxc.") ? key.substring(4) : key).split("\\.", -1), node);
    }

    /** Returns the tree with the key set. */
    Node apply(Node root) {
        return set(root, 0);
    }

    private Node set(@Nullable Node node, int depth) {
        if (depth == path.length) {
            return value;
        }
        if (node instanceof Node.Mapping mapping) {
            for (int end = path.length; end > depth; end--) {
                String name = String.join(".", Arrays.asList(path).subList(depth, end));
                if (mapping.entries().stream()
                        .anyMatch(entry -> entry.key().text().equals(name))) {
                    return setEntry(mapping, name, end);
                }
            }
        }
        String name = path[depth];
        boolean number = !name.isEmpty() && name.chars().allMatch(c -> c >= '0' && c <= '9');
        if (number && (node == null || node instanceof Node.Sequence)) {
            return setElement(node instanceof Node.Sequence list ? list : null, name, depth);
        }
        Node.Mapping mapping = node instanceof Node.Mapping old ? old : new Node.Mapping(List.of(), place);
        List<Node.Entry> entries = new ArrayList<>(mapping.entries());
        entries.add(new Node.Entry(new Node.Scalar(name, true, place), set(null, depth + 1)));
        return new Node.Mapping(entries, mapping.place());
    }

    /** @param name of an existing entry, possibly containing dots */
    private Node setEntry(Node.Mapping mapping, String name, int end) {
        List<Node.Entry> entries = new ArrayList<>();
        for (Node.Entry entry : mapping.entries()) {
            boolean same = entry.key().text().equals(name);
            // The place of a table's entry is that of its key.
            Node.Scalar key = same && end == path.length ? new Node.Scalar(name, true, place) : entry.key();
            entries.add(same ? new Node.Entry(key, set(entry.value(), end)) : entry);
        }
        return new Node.Mapping(entries, mapping.place());
    }

    private Node setElement(Node.@Nullable Sequence list, String name, int depth) {
        List<Node> items = new ArrayList<>(list == null ? List.of() : list.items());
        if (name.length() > 4 || Integer.parseInt(name) > items.size()) {
            throw new JboxException(new Problem(
                    String.join(".", path) + ": the list has " + items.size() + " elements",
                    place,
                    "the next one is number " + items.size()));
        }
        int index = Integer.parseInt(name);
        if (index == items.size()) {
            items.add(set(null, depth + 1));
        } else {
            items.set(index, set(items.get(index), depth + 1));
        }
        return new Node.Sequence(items, list == null ? place : list.place());
    }
}
