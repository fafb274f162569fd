package io.jbox.plan;

import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.uapi.Syscall.PPOLL;

import io.jbox.program.Arg;
import io.jbox.program.Call;

/** Timeouts of system calls (struct timespec), and pauses. */
final class Times {
    /** A zero timeout. */
    static final Arg AT_ONCE = seconds(0);

    private Times() {}

    static Arg nanos(long nanos) {
        return struct(Arg.Field.of("tv_sec", number(0)), Arg.Field.of("tv_nsec", number(nanos)));
    }

    /** Waits so long; a signal that is not blocked ends it. */
    static Call pause(long nanos) {
        return Call.may(PPOLL, Arg.nothing(), number(0), nanos(nanos), Arg.nothing(), number(Long.BYTES));
    }

    static Arg seconds(long seconds) {
        return struct(Arg.Field.of("tv_sec", number(seconds)), Arg.Field.of("tv_nsec", number(0)));
    }
}
