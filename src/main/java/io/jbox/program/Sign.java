package io.jbox.program;

/** What a result is to be for a branch to be taken. */
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

    /** As in C. */
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
