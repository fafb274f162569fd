package io.jbox.plan;

import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;

import io.jbox.program.Arg;

/** Timeouts of system calls (struct timespec). */
final class Times {
    /** A zero timeout. */
    static final Arg AT_ONCE = seconds(0);

    private Times() {}

    static Arg nanos(long nanos) {
        return struct(Arg.Field.of("tv_sec", number(0)), Arg.Field.of("tv_nsec", number(nanos)));
    }

    static Arg seconds(long seconds) {
        return struct(Arg.Field.of("tv_sec", number(seconds)), Arg.Field.of("tv_nsec", number(0)));
    }
}
