package io.jbox.plan;

import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.struct;
import static io.jbox.uapi.Flag.*;

import io.jbox.program.Arg;

/** An entry of what a program waits for (struct pollfd). */
final class Polled {
    private Polled() {}

    /** Waits until a descriptor is readable; for a pidfd, until its process has ended. */
    static Arg readable(Arg descriptor) {
        return struct(
                new Arg.Field("fd", Integer.BYTES, descriptor), new Arg.Field("events", Integer.BYTES, flags(POLLIN)));
    }
}
