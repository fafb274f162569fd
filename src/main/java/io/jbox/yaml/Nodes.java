package io.jbox.yaml;

import io.jbox.problem.Place;
import java.util.ArrayList;
import java.util.List;

/** Makes nodes for implied settings, which are in no file; all get the same place. */
public final class Nodes {
    private final Place place;

    /** @param place of all of them */
    public Nodes(Place place) {
        this.place = place;
    }

    public Node.Scalar scalar(String text) {
        return new Node.Scalar(text, false, place);
    }

    public Node.Sequence list(List<String> texts) {
        List<Node> items = new ArrayList<>();
        for (String text : texts) {
            items.add(scalar(text));
        }
        return new Node.Sequence(items, place);
    }

    public Node.Entry entry(String key, String text) {
        return entry(key, scalar(text));
    }

    public Node.Entry entry(String key, Node value) {
        return new Node.Entry(scalar(key), value);
    }

    public Node.Mapping mapping(Node.Entry... entries) {
        return mapping(List.of(entries));
    }

    public Node.Mapping mapping(List<Node.Entry> entries) {
        return new Node.Mapping(List.copyOf(entries), place);
    }
}
