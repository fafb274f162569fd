package io.jbox.program;

/** The parts of a launch, in the order in which they are told; what different processes do overlaps. */
public enum Phase {
    /** jbox makes itself sure that the box may start, and what must be there before it is planned to the end. */
    BEGIN,
    /** jbox makes and opens what the box needs. */
    PREPARE,
    /** jbox makes its child: the monitor, who joins a box, or the first process. */
    MAKE,
    /** The child becomes a program of its own. */
    BECOME,
    /** What that program does: the monitor's life, the joiner's. */
    LIVE,
    /** jbox prepares the first process from outside, which waits. */
    CONNECT,
    /** jbox lets it go on. */
    RELEASE,
    /** The first process sets the box up and becomes init. */
    INIT,
    /** jbox does what is to be done when the box is set up; the first process waits, and is let go on once more. */
    SET_UP,
    /** The small PID 1 of {@code run}. */
    SUPERVISE,
    /** The command of {@code run} and {@code exec}. */
    COMMAND,
    /** jbox writes down that the box runs. */
    FINISH
}
