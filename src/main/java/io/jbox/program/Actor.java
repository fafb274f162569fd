package io.jbox.program;

/** Who takes a step. */
public enum Actor {
    /** The jbox process on the host. */
    JBOX,
    /** The box's monitor: a program of system calls that stays behind when jbox ends. */
    MONITOR,
    /** The monitor's second thread, which writes what the box says on its console to a log. */
    CONSOLE,
    /** The box's first process, before it becomes the program that was asked for. */
    INIT,
    /** The process that joins a running box for {@code jbox exec}, and makes the command there. */
    JOINER,
    /** The small PID 1 of {@code jbox run}, the command's parent. */
    PID_1,
    /** The command of {@code jbox run} or {@code jbox exec}. */
    COMMAND,
    /** What {@code unshare}, {@code nsenter} and {@code netns exec} become: a program of system calls, and then the one asked for. */
    TOOL
}
