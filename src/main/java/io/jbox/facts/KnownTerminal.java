package io.jbox.facts;

/**
 * Whose a command's terminal is to be.
 *
 * @param owner on the host
 * @param group on the host
 */
public record KnownTerminal(long owner, long group) {}
