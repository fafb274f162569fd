package io.jbox.facts;

/**
 * How a box is asked to halt.
 *
 * @param box its name
 * @param signal to its first process
 * @param seconds it has for that; then it is killed
 */
public record Halt(String box, int signal, long seconds) {}
