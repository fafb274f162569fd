package io.jbox.yaml;

import io.jbox.problem.Place;
import java.util.List;

/** A YAML tree: scalars are text, whatever YAML would make of them, and everything knows its place. */
public sealed interface Node {
    Place place();

    /** What a user calls such a node. */
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

        /** Whether nothing was written, or YAML's words for nothing. */
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

    /** Duplicate keys are still in there, in order. */
    record Mapping(List<Entry> entries, Place place) implements Node {
        @Override
        public String kind() {
            return "a mapping";
        }
    }

    record Entry(Scalar key, Node value) {}
}
