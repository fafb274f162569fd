package io.jbox.schema;

/** What the lock beside a configuration means. */
public enum Locks {
    /** With one, names stand for what they stood for then. */
    USED,
    /** It is an error if there is none. */
    REQUIRED,
    /** It is about to be written: what it says does not count. */
    WRITTEN,
    /** It does not matter. */
    IGNORED
}
