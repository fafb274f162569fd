package io.jbox.facts;

/** How the user namespace of the target of {@code nsenter} relates to the caller's. */
public enum KnownTarget {
    /** Does not matter: the options say whether it is entered. */
    ANY,
    /** With {@code --all}: it is the caller's, and not entered. */
    SAME_USER,
    /** With {@code --all}: it is another one, and entered. */
    OTHER_USER
}
