package io.jbox.schema;

/** How to treat the lock beside a configuration. */
public enum Locks {
    /** If there is one, names mean what they meant when it was written. */
    USED,
    /** It is an error if there is none. */
    REQUIRED,
    /** It is about to be written, so its current content is ignored. */
    WRITTEN,
    /** Ignore it. */
    IGNORED
}
