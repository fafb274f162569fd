package io.jbox.schema;

import io.jbox.config.BadValueException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.yaml.Node;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The type of a key's value: how to read it, and its JSON Schema. */
abstract sealed class Type<T> permits Fields, Sequence, Table, Type.Scalar {
    /**
     * Reads a node.
     *
     * @param path the key's full name, for messages
     * @param problems receives the problems found
     * @return null if there are any
     */
    abstract @Nullable T read(Node node, String path, List<Problem> problems);

    /** The type in words, with an article: {@code a number}. */
    abstract String shown();

    /** The type as a JSON Schema. */
    abstract Map<String, Object> schema();

    /** A single value. */
    abstract static non-sealed class Scalar<T> extends Type<T> {
        private final String what;

        /** @param what its name with an article, such as {@code a number} */
        Scalar(String what) {
            this.what = what;
        }

        @Override
        String shown() {
            return what;
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

    /** Returns the first entry of each key and reports duplicates. */
    static Collection<Node.Entry> unique(Node.Mapping mapping, String path, List<Problem> problems) {
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
