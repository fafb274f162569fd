package io.jbox.facts;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A map of user or group ids that is written from outside of the user namespace.
 *
 * @param ranges {@code INNER OUTER COUNT} each, as the kernel reads them; empty for no map
 * @param program newuidmap or newgidmap for who is not root; null for root
 */
public record WrittenMap(List<String> ranges, @Nullable String program) {
    /** No map. */
    public static final WrittenMap NONE = new WrittenMap(List.of(), null);

    /** Whether there is nothing to write. */
    public boolean isEmpty() {
        return ranges.isEmpty();
    }
}
