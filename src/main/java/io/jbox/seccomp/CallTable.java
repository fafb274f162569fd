package io.jbox.seccomp;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The numbers of system calls on each {@link Abi}: the resource calls.txt. */
public final class CallTable {
    private static @Nullable CallTable instance;

    private final Map<String, int[]> numbers = new HashMap<>();
    private final List<String> names = new ArrayList<>();

    private CallTable(String text) {
        int start = text.indexOf('\n') + 1;
        while (start < text.length()) {
            int end = text.indexOf('\n', start);
            String line = text.substring(start, end);
            int space = line.indexOf(' ');
            String name = line.substring(0, space);
            int[] row = new int[Abi.values().length];
            for (int i = 0; i < row.length; i++) {
                int next = line.indexOf(' ', space + 1);
                String word = line.substring(space + 1, next < 0 ? line.length() : next);
                row[i] = word.equals("-") ? -1 : Integer.parseInt(word);
                space = next;
            }
            numbers.put(name, row);
            names.add(name);
            start = end + 1;
        }
    }

    /** The one table; read at its first use. */
    public static synchronized CallTable get() {
        if (instance == null) {
            try (InputStream in = CallTable.class.getResourceAsStream("calls.txt")) {
                if (in == null) {
                    throw new IllegalStateException("calls.txt is missing");
                }
                instance = new CallTable(new String(in.readAllBytes(), StandardCharsets.US_ASCII));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return instance;
    }

    /** The names of all calls on any ABI, sorted. */
    public List<String> names() {
        return names;
    }

    /** Whether there is such a call on any ABI. */
    public boolean has(String name) {
        return numbers.containsKey(name);
    }

    /** The number of a call; -1 where the ABI does not have it. */
    public int number(String name, Abi abi) {
        int[] row = numbers.get(name);
        return row == null ? -1 : row[abi.ordinal()];
    }
}
