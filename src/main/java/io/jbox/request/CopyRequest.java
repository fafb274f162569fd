package io.jbox.request;

/**
 * A box that is to be copied.
 *
 * @param of name of the original
 * @param name of the copy
 */
public record CopyRequest(String of, String name, Kind kind) {
    /** How the copy gets its files. */
    public enum Kind {
        /** It copies all files. */
        WHOLE,
        /** It is an overlay over the original's root file system, which must not change. */
        SNAPSHOT,
        /** The same, and it is destroyed when it has stopped. */
        EPHEMERAL
    }
}
