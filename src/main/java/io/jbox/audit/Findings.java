package io.jbox.audit;

import io.jbox.problem.Place;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What has been found so far. */
final class Findings {
    private final List<Finding> list = new ArrayList<>();

    void add(Severity severity, String about, Place place, String advice) {
        list.add(new Finding(severity, about, place, advice));
    }

    /** The worst first; those that are equally bad as they were found. */
    List<Finding> sorted() {
        list.sort(Comparator.comparing(Finding::severity).reversed());
        return List.copyOf(list);
    }
}
