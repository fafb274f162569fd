package io.jbox.seccomp;

/**
 * A condition on an argument of a call.
 *
 * @param argument 0 to 5
 * @param comparison of (argument & mask) with the value; unsigned, 64 bits
 * @param mask all bits except for masked comparisons
 */
public record Condition(int argument, Comparison comparison, long value, long mask) {
    /** A mask of all bits. */
    static final long ALL = -1;

    public enum Comparison {
        NE("!="),
        LT("<"),
        LE("<="),
        EQ("=="),
        GE(">="),
        GT(">");

        private final String sign;

        Comparison(String sign) {
            this.sign = sign;
        }
    }

    static Condition masked(int argument, long mask, long value) {
        return new Condition(argument, Comparison.EQ, value, mask);
    }

    @Override
    public String toString() {
        String left = "arg" + argument + (mask == ALL ? "" : " & 0x" + Long.toHexString(mask));
        return left + " " + comparison.sign + " 0x" + Long.toHexString(value);
    }
}
