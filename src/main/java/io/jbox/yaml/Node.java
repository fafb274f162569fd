package io.jbox.yaml;

import io.jbox.problem.Place;
import java.util.List;

/** A YAML tree in which scalars stay text, whatever their YAML type, and every node has its place. */
public sealed interface Node {
    Place place();

    /** The user's word for such a node. */
    String kind();

    /**
     * @param text as written, without quotes
     * @param plain whether it was written without quotes
     */
    record Scalar(String text, boolean plain, Place place) implements Node {
        @Override
        public String kind() {
            return isEmpty() ? "nothing" : "a single value";
        }

        /** Whether it is empty, or a YAML null. */
        public boolean isEmpty() {
            return plain && (text.isEmpty() || text.equals("~") || text.equals("null"));
        }
    }

    record Sequence(List<Node> items, Place place) implements Node {
        @Override
        public String kind() {
            return "a list";
        }
    }

    /** A mapping; duplicate keys are kept, in order. */
    record Mapping(List<Entry> entries, Place place) implements Node {
        @Override
        public String kind() {
            return "a mapping";
        }
    }

    record Entry(Scalar key, Node value) {}
}
