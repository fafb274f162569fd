package io.jbox.facts;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A running box as a compiled program finds it.
 *
 * @param folder of its state
 * @param files that a login goes by: path below its root → content
 * @param missing those of them that are not there
 */
public record KnownBox(String folder, Map<String, byte[]> files, List<String> missing) {
    /** Whether another one has the same files. */
    public boolean isSameAs(KnownBox other) {
        boolean same = missing.equals(other.missing) && files.keySet().equals(other.files.keySet());
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            same = same && Arrays.equals(file.getValue(), other.files.get(file.getKey()));
        }
        return same;
    }
}
