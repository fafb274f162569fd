package io.jbox.facts;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A map of user or group ids that is written from outside of the user namespace.
 *
 * @param ranges as {@code INNER OUTER COUNT}, as the kernel reads them; empty for no map
 * @param program newuidmap or newgidmap for an unprivileged user; null for root
 */
public record WrittenMap(List<String> ranges, @Nullable String program) {
    public static final WrittenMap NONE = new WrittenMap(List.of(), null);

    public boolean isEmpty() {
        return ranges.isEmpty();
    }
}
