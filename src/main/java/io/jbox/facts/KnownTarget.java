package io.jbox.facts;

/** How the user namespace of the target of a compiled {@code nsenter}, which may be any process, is to the caller's. */
public enum KnownTarget {
    /** It is entered or not, whatever it is. */
    ANY,
    /** With {@code --all}: it is the caller's, and not entered. */
    SAME_USER,
    /** With {@code --all}: it is another one, and entered. */
    OTHER_USER
}
