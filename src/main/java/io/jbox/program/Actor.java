package io.jbox.program;

import java.util.Locale;

/** The process that takes a step. */
public enum Actor {
    /** The jbox process on the host. */
    JBOX,
    /** The box's monitor: a program of system calls that stays behind when jbox ends. */
    MONITOR,
    /** The monitor's second thread, which copies the box's console output to a log. */
    CONSOLE,
    /** The box's first process, until it executes the requested program. */
    INIT,
    /** The process that joins a running box for {@code jbox exec} and starts the command there. */
    JOINER,
    /** The small PID 1 of {@code jbox run}, the command's parent. */
    PID_1,
    /** The command of {@code jbox run} or {@code jbox exec}. */
    COMMAND,
    /**
     * The process that {@code unshare}, {@code nsenter} or {@code netns exec} becomes: it makes system calls, then
     * executes the requested program.
     */
    TOOL;

    /** Returns its name as a heading: {@code pid 1}. */
    public String heading() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
