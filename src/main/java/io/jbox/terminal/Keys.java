package io.jbox.terminal;

/** Filters typed keys on their way into a box. */
interface Keys {
    /** Returns the keys to pass on to the box. */
    byte[] filter(byte[] keys);

    /** Whether the caller has left by a key. */
    boolean isLeft();

    /** Whether the caller leaves at the end of input. */
    boolean isLeftAtEnd();
}
