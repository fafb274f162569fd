package io.jbox.compile;

import io.jbox.kernel.Program;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import java.util.HashMap;
import java.util.Map;

/** The places in a program's memory that hold what is known only when it runs: its cells, and numbers of descriptors. */
final class Cells {
    private final Program program;
    private final Map<String, Long> addresses = new HashMap<>();
    private final Map<Descriptor, Long> opened = new HashMap<>();

    Cells(Program program) {
        this.program = program;
    }

    /** The address of a cell, reserved at its first use. */
    long address(Arg.Cell cell) {
        Long address = addresses.get(cell.name());
        if (address == null) {
            address = program.space(cell.bytes());
            addresses.put(cell.name(), address);
        }
        return address;
    }

    /** The address of a cell, or of a part of it. */
    long address(Arg.ValueOf value) {
        return address(value.cell()) + value.offset();
    }

    /** The address that holds the number of a descriptor opened by the program itself, reserved at its first use. */
    long opened(Descriptor descriptor) {
        Long address = opened.get(descriptor);
        if (address == null) {
            address = program.space(Long.BYTES);
            opened.put(descriptor, address);
        }
        return address;
    }

    /** Whether the program itself opens a descriptor. */
    boolean opens(Descriptor descriptor) {
        return opened.containsKey(descriptor);
    }
}
