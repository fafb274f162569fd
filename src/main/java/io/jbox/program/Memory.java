package io.jbox.program;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * An operation on the program's own memory, without a system call.
 *
 * @param arguments as its kind wants them; memory is given as cells and structures
 */
public record Memory(Kind kind, List<Arg> arguments) implements Action {
    public enum Kind {
        /** {@code (one, other, bytes)}. The result is 0 if both are the same, else 1. */
        COMPARE,
        /** {@code (cell, number)}: adds as 64 bits. The result is the sum. */
        ADD,
        /** {@code (to, from, bytes)}. The result is 0. */
        COPY
    }

    /** Gives 0 if the first bytes of a cell are those of a number, else 1. */
    public static Memory compare(Arg.Cell cell, long number, int bytes) {
        return compare(cell, Arg.number(number), bytes);
    }

    /** The same for a part of a cell. */
    public static Memory compare(Arg.Part part, long number, int bytes) {
        return compare((Arg) part, Arg.number(number), bytes);
    }

    /** The same with a named number. */
    public static Memory compare(Arg.Cell cell, Arg number, int bytes) {
        return compare((Arg) cell, number, bytes);
    }

    private static Memory compare(Arg cell, Arg number, int bytes) {
        Arg constant = Arg.struct(new Arg.Field("value", Long.BYTES, number));
        return new Memory(Kind.COMPARE, List.of(cell, constant, Arg.number(bytes)));
    }

    /** Gives 0 if two cells begin with the same bytes, else 1. */
    public static Memory same(Arg.Cell one, Arg.Cell other, int bytes) {
        return new Memory(Kind.COMPARE, List.of(one, other, Arg.number(bytes)));
    }

    /** Copies bytes. */
    public static Memory copy(Arg to, Arg from, int bytes) {
        return new Memory(Kind.COPY, List.of(to, from, Arg.number(bytes)));
    }

    /** Adds to an 8-byte cell. */
    public static Memory add(Arg.Cell cell, long number) {
        return add(cell, Arg.number(number));
    }

    /** The same with a named number. */
    public static Memory add(Arg.Cell cell, Arg number) {
        return new Memory(Kind.ADD, List.of(cell, number));
    }

    @Override
    public String notation() {
        List<String> shown = new ArrayList<>();
        for (Arg argument : arguments) {
            shown.add(argument.notation());
        }
        return kind.name().toLowerCase(Locale.ROOT) + " " + String.join(", ", shown);
    }

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }
}
