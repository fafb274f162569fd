package io.jbox.plan;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Merges several similar sequences into one, in which each part names the sequences that it belongs to. */
final class Variants {
    private Variants() {}

    /**
     * Elements that some of the sequences have at one place, and the others do not.
     *
     * @param whose numbers of the sequences
     */
    record Part<T>(BitSet whose, List<T> content) {}

    /**
     * Merges sequences. Removing from the result the parts that do not belong to a sequence gives that sequence.
     *
     * @param sequences whose elements have equals(Object)
     */
    static <T> List<Part<T>> merge(List<List<T>> sequences) {
        List<int[]> numbered = numbered(sequences);
        int[] at = new int[sequences.size()];
        List<Part<T>> parts = new ArrayList<>();
        for (int next = next(numbered, at); next >= 0; next = next(numbered, at)) {
            BitSet whose = new BitSet();
            T element = null;
            for (int i = 0; i < at.length; i++) {
                if (at[i] < numbered.get(i).length && numbered.get(i)[at[i]] == next) {
                    whose.set(i);
                    element = sequences.get(i).get(at[i]++);
                }
            }
            Part<T> last = parts.isEmpty() ? null : parts.get(parts.size() - 1);
            if (last == null || !last.whose.equals(whose)) {
                last = new Part<>(whose, new ArrayList<>());
                parts.add(last);
            }
            last.content.add(element);
        }
        return parts;
    }

    /** Equal elements have equal numbers. */
    private static <T> List<int[]> numbered(List<List<T>> sequences) {
        Map<T, Integer> numbers = new HashMap<>();
        List<int[]> numbered = new ArrayList<>();
        for (List<T> sequence : sequences) {
            int[] own = new int[sequence.size()];
            for (int i = 0; i < own.length; i++) {
                Integer known = numbers.putIfAbsent(sequence.get(i), numbers.size());
                own[i] = known == null ? numbers.size() - 1 : known;
            }
            numbered.add(own);
        }
        return numbered;
    }

    /** An element that is next in some sequences and occurs later in none, if there is one; -1 at the end of all. */
    private static int next(List<int[]> numbered, int[] at) {
        int first = -1;
        for (int i = 0; i < at.length; i++) {
            if (at[i] < numbered.get(i).length) {
                int candidate = numbered.get(i)[at[i]];
                first = first < 0 ? candidate : first;
                if (!comesLater(candidate, numbered, at)) {
                    return candidate;
                }
            }
        }
        return first;
    }

    private static boolean comesLater(int candidate, List<int[]> numbered, int[] at) {
        for (int i = 0; i < at.length; i++) {
            int[] sequence = numbered.get(i);
            boolean isNext = at[i] < sequence.length && sequence[at[i]] == candidate;
            for (int j = at[i] + 1; j < sequence.length && !isNext; j++) {
                if (sequence[j] == candidate) {
                    return true;
                }
            }
        }
        return false;
    }
}
