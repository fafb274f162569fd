package io.jbox.plan;

import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.program.Arg;
import io.jbox.program.Call;

/** Memory for what a compiled program reads, which need not be in its file. */
final class Scratch {
    /** The size of a place in bytes. */
    static final int PLACE = 0x1_0000;

    private static final long ADDRESS = 0x2100_0000L;
    private static final int PLACES = 4;

    private Scratch() {}

    /** Maps it. */
    static Call map() {
        return Call.must(
                MMAP,
                new Arg.Address(ADDRESS),
                number((long) PLACES * PLACE),
                flags(PROT_READ, PROT_WRITE),
                flags(MAP_PRIVATE, MAP_ANONYMOUS, MAP_FIXED_NOREPLACE),
                number(-1),
                number(0));
    }

    /** Memory for data that is read, checked and then no longer needed. */
    static Arg content() {
        return new Arg.Address(ADDRESS);
    }

    /** The same from an offset on. */
    static Arg content(int offset) {
        return new Arg.Address(ADDRESS + offset);
    }

    /** Memory for data on its way from or to a standard descriptor. */
    static Arg stream(int standard) {
        return new Arg.Address(ADDRESS + (1L + standard) * PLACE);
    }
}
