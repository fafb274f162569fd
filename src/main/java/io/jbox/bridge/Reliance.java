package io.jbox.bridge;

import io.jbox.facts.BookLine;
import io.jbox.facts.NetworkValidity;
import java.io.File;
import java.util.ArrayList;
import java.util.List;

/** Collects the facts about a network that a start relied on; each class adds those that it reads. */
final class Reliance {
    private final List<NetworkValidity.Link> links = new ArrayList<>();
    private final List<BookLine> lines = new ArrayList<>();
    private final List<String> contents = new ArrayList<>();
    private final List<String> present = new ArrayList<>();
    private final List<String> absent = new ArrayList<>();
    private long filter;

    void link(NetworkValidity.Link link) {
        links.add(link);
    }

    void filter(long generation) {
        filter = generation;
    }

    void line(BookLine line) {
        lines.add(line);
    }

    /** Notes a file with its content, or that it does not exist. */
    void file(String path) {
        (new File(path).exists() ? contents : absent).add(path);
    }

    void content(String path) {
        contents.add(path);
    }

    void present(String path) {
        present.add(path);
    }

    void absent(String path) {
        absent.add(path);
    }

    NetworkValidity validity() {
        return new NetworkValidity(
                List.copyOf(links),
                filter,
                List.copyOf(lines),
                List.copyOf(contents),
                List.copyOf(present),
                List.copyOf(absent));
    }
}
