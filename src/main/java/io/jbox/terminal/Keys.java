package io.jbox.terminal;

/** Looks at what is typed on its way into a box. */
interface Keys {
    /** What of the pressed keys is for the box. */
    byte[] filter(byte[] keys);

    /** Whether the caller has left with them. */
    boolean isLeft();

    /** Whether the caller leaves when no more keys can come. */
    boolean isLeftAtEnd();
}
