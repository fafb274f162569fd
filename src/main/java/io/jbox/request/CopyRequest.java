package io.jbox.request;

/**
 * A box that is to be copied.
 *
 * @param of the box's name
 * @param name of the copy
 */
public record CopyRequest(String of, String name, Kind kind) {
    /** How much of the box the copy has of its own. */
    public enum Kind {
        /** All files. */
        WHOLE,
        /** What changes: below it is the box's root file system, which must stay as it is. */
        SNAPSHOT,
        /** The same, and it is destroyed when it has stopped. */
        EPHEMERAL
    }
}
