package io.jbox.host;

import org.jspecify.annotations.Nullable;

/**
 * One answer of a {@link HostCheck}.
 *
 * @param group heading that it belongs to
 * @param advice what to do; null if there is nothing to do
 */
public record CheckLine(
        String group,
        String subject,
        Verdict verdict,
        String finding,
        @Nullable String advice) {
    /** The result. */
    public enum Verdict {
        OK,
        /** Something optional is missing. */
        ABSENT,
        /** Boxes cannot run. */
        BROKEN
    }
}
