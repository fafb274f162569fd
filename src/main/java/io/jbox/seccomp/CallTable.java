package io.jbox.seccomp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Looks up system call numbers on each {@link Abi}. */
public final class CallTable {
    private static final int DECIMAL = 10;
    private static @Nullable CallTable instance;

    private final Map<String, int[]> numbers = new HashMap<>();
    private final List<String> names = new ArrayList<>();
    private final List<int[]> rows = new ArrayList<>();
    private final int[] highest = new int[Abi.values().length];

    private CallTable(String text) {
        int start = 0;
        for (int end = text.indexOf(';'); end >= 0; end = text.indexOf(';', start)) {
            int space = text.indexOf(' ', start);
            String name = text.substring(start, space);
            int[] row = new int[Abi.values().length];
            int at = space + 1;
            for (int i = 0; i < row.length; i++) {
                row[i] = text.charAt(at) == '-' ? -1 : 0;
                for (; at < end && text.charAt(at) != ' '; at++) {
                    row[i] = row[i] < 0 ? -1 : row[i] * DECIMAL + text.charAt(at) - '0';
                }
                at++;
                highest[i] = Math.max(highest[i], row[i]);
            }
            numbers.put(name, row);
            rows.add(row);
            names.add(name);
            start = end + 2;
        }
    }

    /** The only table; loaded at its first use. */
    public static synchronized CallTable get() {
        if (instance == null) {
            instance = new CallTable(CallNumbers.TEXT);
        }
        return instance;
    }

    /** The names of all calls on any ABI, sorted. */
    public List<String> names() {
        return names;
    }

    /** The highest number on an ABI. */
    int highest(Abi abi) {
        return highest[abi.ordinal()];
    }

    /** Whether any ABI has a call. */
    public boolean has(String name) {
        return numbers.containsKey(name);
    }

    /** The numbers of all calls, each indexed by {@link Abi#ordinal}. */
    List<int[]> rows() {
        return rows;
    }

    /** The numbers of a call; null if there is no such call. */
    int @Nullable [] row(String name) {
        return numbers.get(name);
    }

    /** The number of a call; -1 if the ABI does not have it. */
    public int number(String name, Abi abi) {
        int[] row = numbers.get(name);
        return row == null ? -1 : row[abi.ordinal()];
    }
}
