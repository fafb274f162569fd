package io.jbox.plan;

import static io.jbox.program.Arg.number;

import io.jbox.program.Arg;
import io.jbox.program.Memory;
import io.jbox.program.Statement;
import java.util.ArrayList;
import java.util.List;

/** Makes a number negative, so that it can be subtracted by an addition. */
final class Negation {
    private static final int SIGNIFICANT = 3;
    private static final long COMPLEMENT_OF_ZERO = -1;

    private Negation() {}

    /**
     * @param of a number below 2 to the power of 24
     * @param into an 8-byte cell
     */
    static List<Statement> of(Arg.Cell of, Arg.Cell into) {
        List<Statement> all = new ArrayList<>(List.of(Memory.set(into, number(COMPLEMENT_OF_ZERO))));
        for (int i = 0; i < SIGNIFICANT; i++) {
            Arg.Cell octet = new Arg.Cell(into.name() + "-byte-" + i, Long.BYTES);
            all.add(Memory.set(octet, number(0)));
            all.add(Memory.copy(octet, new Arg.Part(of, i), 1));
            all.addAll(Lookup.replace(octet, Lookup.complements()));
            all.add(Memory.copy(new Arg.Part(into, i), octet, 1));
        }
        all.add(Memory.add(into, 1));
        return all;
    }
}
