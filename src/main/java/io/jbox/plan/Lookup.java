package io.jbox.plan;

import static io.jbox.program.Arg.struct;

import io.jbox.program.Arg;
import io.jbox.program.DataArg;
import io.jbox.program.Memory;
import io.jbox.program.Statement;
import java.util.ArrayList;
import java.util.List;

/** Looks up a byte in a table, in place of arithmetic that a program does not have: it can only add. */
final class Lookup {
    /** The type of a fifo, of a character device, of a folder and of a file. */
    static final int FIFO = 1;

    static final int CHARACTER_DEVICE = 2;
    static final int FOLDER = 4;
    static final int FILE = 8;
    /** Offset of the upper byte of stx_mode, whose upper half is the type. */
    private static final int MODE_HIGH = 29;

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
                Memory.copy(at, struct(Arg.Field.of("table", new DataArg.Data("table", table))), Long.BYTES),
                Memory.add(at, new Arg.ValueOf(index)),
                Memory.copy(index, new Arg.ValueOf(at), 1));
    }

    /**
     * Takes the type of a file, a small number (inode(7): S_IFMT, shifted), from its struct statx.
     *
     * @param into an 8-byte cell
     */
    static List<Statement> fileType(Arg.Cell status, Arg.Cell into) {
        byte[] types = new byte[256];
        for (int i = 0; i < types.length; i++) {
            types[i] = (byte) (i >>> 4);
        }
        List<Statement> all = new ArrayList<>(List.of(Memory.copy(into, new Arg.Part(status, MODE_HIGH), 1)));
        all.addAll(replace(into, types));
        return all;
    }

    /** Each byte with all bits inverted. */
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
