package io.jbox.plan;

/** Who takes a step. */
public enum Actor {
    /** The script that makes a root file system; run before anything else. */
    TEMPLATE,
    /** The jbox process on the host. */
    JBOX,
    /** The box's first process, before it becomes the program that was asked for. */
    INIT,
    /** The command of {@code jbox run}, a child of PID 1. */
    COMMAND
}
