package io.jbox.compile;

import io.jbox.kernel.Program;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The addresses of run-time values in a program's memory: its cells, and numbers of descriptors. */
final class Cells {
    private final Program program;
    private final Map<String, Reserved> reserved = new HashMap<>();
    private final Map<Descriptor, Long> opened = new HashMap<>();

    /** A cell and its address. */
    private record Reserved(Arg.Cell cell, long address) {}

    Cells(Program program) {
        this.program = program;
    }

    /** The address of a cell, reserved at its first use. */
    long address(Arg.Cell cell) {
        Reserved known = reserved.get(cell.name());
        if (known == null) {
            known = new Reserved(cell, program.space(cell.bytes()));
            reserved.put(cell.name(), known);
        }
        return known.address;
    }

    /** What all cells hold now. */
    List<CellContent> contents() {
        List<CellContent> contents = new ArrayList<>();
        for (Reserved one : reserved.values()) {
            contents.add(new CellContent(one.cell, program.read(one.address, one.cell.bytes())));
        }
        return contents;
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
