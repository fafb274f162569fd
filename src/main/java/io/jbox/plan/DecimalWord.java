package io.jbox.plan;

import static io.jbox.program.Arg.number;

import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads a number from a word of a compiled program. */
final class DecimalWord {
    private static final Loop.Label DIGITS_LOOP = new Loop.Label("digits");
    private static final Arg.Cell AT = new Arg.Cell("digit-at", 8);
    private static final Arg.Cell DIGIT = new Arg.Cell("digit", 8);
    private static final Arg.Cell COUNT = new Arg.Cell("digits", 8);
    private static final Arg.Cell TWICE = new Arg.Cell("twice", 8);
    private static final int MOST_DIGITS = 9;
    private static final int NONE = 0xff;

    private DecimalWord() {}

    /**
     * Reads it.
     *
     * @param word a cell with the address of the word
     * @param into an 8-byte cell
     * @param otherwise what to do if the word is not a number of at most nine digits
     */
    static List<Statement> read(Arg.Cell word, Arg.Cell into, Statement otherwise) {
        byte[] digits = new byte[256];
        Arrays.fill(digits, (byte) NONE);
        for (int i = 0; i < 10; i++) {
            digits['0' + i] = (byte) i;
        }
        List<Statement> loop = new ArrayList<>(List.of(
                Memory.copy(DIGIT, new Arg.ValueOf(AT), 1),
                Branch.when(
                        Memory.compare(DIGIT, 0, 1),
                        Sign.ZERO,
                        Branch.when(Memory.compare(COUNT, 0, Long.BYTES), Sign.ZERO, otherwise),
                        Jump.leave(DIGITS_LOOP)),
                Memory.add(COUNT, 1),
                Branch.when(Memory.compare(COUNT, MOST_DIGITS + 1, Long.BYTES), Sign.ZERO, otherwise)));
        loop.addAll(Lookup.replace(DIGIT, digits));
        loop.add(Branch.when(Memory.compare(DIGIT, NONE, 1), Sign.ZERO, otherwise));
        loop.addAll(append(DIGIT, into));
        loop.addAll(List.of(Memory.add(AT, 1), Jump.again(DIGITS_LOOP)));
        return List.of(
                Memory.set(into, number(0)),
                Memory.copy(AT, word, Long.BYTES),
                Loop.of(DIGITS_LOOP, loop.toArray(new Statement[0])));
    }

    /**
     * Multiplies a number by ten, and adds a digit.
     *
     * @param digit an 8-byte cell
     * @param into an 8-byte cell
     */
    static List<Statement> append(Arg.Cell digit, Arg.Cell into) {
        return List.of(
                // Ten times as much is eight times plus twice.
                Memory.add(into, new Arg.ValueOf(into)),
                Memory.copy(TWICE, into, Long.BYTES),
                Memory.add(into, new Arg.ValueOf(into)),
                Memory.add(into, new Arg.ValueOf(into)),
                Memory.add(into, new Arg.ValueOf(TWICE)),
                Memory.add(into, new Arg.ValueOf(digit)));
    }
}
