package io.jbox.program;

/** Who takes a step. */
public enum Actor {
    /** The script that makes a root file system; run before anything else. */
    TEMPLATE,
    /** jbox, on the root file system as a whole: who its files belong to. */
    OWNERS,
    /** jbox, for all boxes: a bridge of its own that is down. */
    BRIDGE,
    /** The jbox process on the host. */
    JBOX,
    /** The box's monitor: a program of system calls that stays behind when jbox ends. */
    MONITOR,
    /** The monitor's second thread, which writes what the box says on its console to a log. */
    CONSOLE,
    /** The box's first process, before it becomes the program that was asked for. */
    INIT,
    /** A hook: a program of the host's that the configuration names. */
    HOOK,
    /** The process that joins a running box for {@code jbox exec}, and makes the command there. */
    JOINER,
    /** The small PID 1 of {@code jbox run}, the command's parent. */
    PID_1,
    /** The command of {@code jbox run} or {@code jbox exec}. */
    COMMAND
}
