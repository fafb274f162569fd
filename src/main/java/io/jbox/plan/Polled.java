package io.jbox.plan;

import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.struct;
import static io.jbox.uapi.Flag.*;

import io.jbox.program.Arg;

/** What a program waits for (struct pollfd). */
final class Polled {
    private Polled() {}

    /** A descriptor that can be read; for a pidfd, whose process has ended. */
    static Arg readable(Arg descriptor) {
        return struct(
                new Arg.Field("fd", Integer.BYTES, descriptor), new Arg.Field("events", Integer.BYTES, flags(POLLIN)));
    }
}
