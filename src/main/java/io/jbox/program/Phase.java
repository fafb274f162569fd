package io.jbox.program;

/** The parts of a launch, in the order in which a plan lists them; the work of different processes overlaps. */
public enum Phase {
    /** jbox has taken what it plans with: {@link ClaimEffect}s, carried out before the plan was made. */
    CLAIM,
    /** jbox checks that the box may start, and makes what must exist before the rest can be planned. */
    BEGIN,
    /** jbox makes and opens what the box needs. */
    PREPARE,
    /** jbox assembles the programs of other processes: the effect {@link Effect.Assemble}, and nothing else. */
    ASSEMBLE,
    /** jbox makes its child: the monitor, the joiner, or the first process. */
    MAKE,
    /** The child becomes a separate program. */
    BECOME,
    /** That program runs: the monitor or the joiner. */
    LIVE,
    /** jbox closes what only the other processes need. */
    LEAVE,
    /** jbox reads from its child which process that has made. */
    HEAR,
    /** jbox opens a pidfd of that process. */
    HOLD,
    /** jbox sets up the waiting first process from outside. */
    CONNECT,
    /** jbox lets the first process continue. */
    RELEASE,
    /** The first process sets the box up and becomes init. */
    INIT,
    /** jbox waits until the first process has set the box up, where something must run then. */
    AWAIT_SET_UP,
    /** jbox runs what must run once the box is set up, while the first process waits. */
    SET_UP,
    /** jbox lets the first process continue behind that. */
    RESUME,
    /** The small PID 1 of {@code run} does its work. */
    SUPERVISE,
    /** The command of {@code run} and {@code exec} sets itself up and executes. */
    COMMAND,
    /** jbox waits until the program of the box, or the command, has been executed. */
    AWAIT_EXECUTION,
    /** jbox records that the box is running. */
    FINISH,
    /** jbox stays in the foreground until the command of {@code run} or {@code exec} has ended. */
    ATTEND,
    /** jbox removes what {@code run} has made on the host. */
    END
}
