package io.jbox.plan;

import static io.jbox.program.Arg.struct;

import io.jbox.program.Arg;
import io.jbox.program.Memory;
import io.jbox.program.Statement;
import java.util.List;

/** Looks a byte up in a table: what a program does in place of arithmetic other than addition. */
final class Lookup {

    private Lookup() {}

    /**
     * Replaces a byte by its entry.
     *
     * @param index an 8-byte cell with a number below 256
     * @param table of 256 bytes
     */
    static List<Statement> replace(Arg.Cell index, byte[] table) {
        Arg.Cell at = new Arg.Cell(index.name() + "-entry", Long.BYTES);
        return List.of(
                Memory.copy(at, struct(Arg.Field.of("table", new Arg.Data("table", table))), Long.BYTES),
                Memory.add(at, new Arg.ValueOf(index)),
                Memory.copy(index, new Arg.ValueOf(at), 1));
    }

    /** The type of a file by the upper byte of its mode (inode(7)), shifted to be a small number. */
    static byte[] fileTypes() {
        byte[] types = new byte[256];
        for (int i = 0; i < types.length; i++) {
            types[i] = (byte) (i >>> 4);
        }
        return types;
    }

    /** Each byte with all of its bits changed. */
    static byte[] complements() {
        byte[] complements = new byte[256];
        for (int i = 0; i < complements.length; i++) {
            complements[i] = (byte) ~i;
        }
        return complements;
    }

    /** Each byte without some of its bits, and with others. */
    static byte[] masked(int without, int with) {
        byte[] masked = new byte[256];
        for (int i = 0; i < masked.length; i++) {
            masked[i] = (byte) (i & ~without | with);
        }
        return masked;
    }
}
