package io.jbox.facts;

/**
 * What a compiled {@code nsenter} knows of its target, which may be any process.
 *
 * @param word the index of the word that is the process id, from 0
 * @param user whether the target's user namespace must be another than the caller's, or the caller's
 */
public record KnownTarget(int word, User user) {
    /** How the user namespaces of caller and target are to each other. */
    public enum User {
        /** It is entered or not, whatever it is. */
        ANY,
        /** With {@code --all}: it is the caller's, and not entered. */
        SAME,
        /** With {@code --all}: it is another one, and entered. */
        OTHER
    }
}
