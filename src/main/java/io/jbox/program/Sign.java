package io.jbox.program;

/** The sign that a result must have for a branch to be taken. */
public enum Sign {
    NEGATIVE("< 0"),
    ZERO("== 0"),
    POSITIVE("> 0"),
    NOT_NEGATIVE(">= 0"),
    NOT_ZERO("!= 0"),
    NOT_POSITIVE("<= 0");

    private final String notation;

    Sign(String notation) {
        this.notation = notation;
    }

    /** Returns the comparison as in C. */
    public String notation() {
        return notation;
    }

    public boolean hasNegative() {
        return this == NEGATIVE || this == NOT_ZERO || this == NOT_POSITIVE;
    }

    public boolean hasZero() {
        return this == ZERO || this == NOT_NEGATIVE || this == NOT_POSITIVE;
    }

    public boolean hasPositive() {
        return this == POSITIVE || this == NOT_NEGATIVE || this == NOT_ZERO;
    }
}
