package io.jbox.program;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An operation on the program's own memory, without a system call.
 *
 * @param arguments as its kind wants them; memory is given as cells and structures, or by an address in a cell
 * @param into where the low 32 bits of the result are kept; null if they are not needed
 */
public record Memory(Kind kind, List<Arg> arguments, Arg.@Nullable Cell into) implements Action {
    private Memory(Kind kind, List<Arg> arguments) {
        this(kind, arguments, null);
    }

    public enum Kind {
        /** {@code (one, other, bytes)}. The result is 0 if both are the same, else 1. */
        COMPARE,
        /** {@code (cell, number)}: adds as 64 bits. The result is the sum. */
        ADD,
        /** {@code (to, from, bytes)}. The result is 0. */
        COPY,
        /** {@code (to, number)}: writes a number in decimal, and a NUL. The result is the number of digits. */
        DIGITS,
        /** {@code (to, from)}: copies a text with its NUL. The result is its length. */
        TEXT
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

    /** Gives 0 if two places in memory begin with the same bytes, else 1. */
    public static Memory same(Arg one, Arg other, int bytes) {
        return new Memory(Kind.COMPARE, List.of(one, other, Arg.number(bytes)));
    }

    /** Copies bytes. */
    public static Memory copy(Arg to, Arg from, int bytes) {
        return new Memory(Kind.COPY, List.of(to, from, Arg.number(bytes)));
    }

    /** Copies the eight bytes of a number. */
    public static Memory set(Arg.Cell to, Arg number) {
        return copy(to, Arg.struct(Arg.Field.of("value", number)), Long.BYTES);
    }

    /** Writes a number in decimal. */
    public static Memory digits(Arg to, Arg number) {
        return new Memory(Kind.DIGITS, List.of(to, number));
    }

    /** Copies a text. */
    public static Memory text(Arg to, Arg from) {
        return new Memory(Kind.TEXT, List.of(to, from));
    }

    /** Adds to an 8-byte cell. */
    public static Memory add(Arg.Cell cell, long number) {
        return add(cell, Arg.number(number));
    }

    /** The same with a named number. */
    public static Memory add(Arg.Cell cell, Arg number) {
        return new Memory(Kind.ADD, List.of(cell, number));
    }

    /** Returns the same operation with a cell that keeps its result. */
    public Memory into(Arg.Cell cell) {
        return new Memory(kind, arguments, cell);
    }

    @Override
    public String notation() {
        List<String> shown = new ArrayList<>();
        for (Arg argument : arguments) {
            shown.add(argument.notation());
        }
        String operation = kind.name().toLowerCase(Locale.ROOT) + " " + String.join(", ", shown);
        return into == null ? operation : operation + " = " + into.notation();
    }

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }
}
