package io.jbox.program;

/**
 * Goes to the beginning of a loop that it is in, or behind its end.
 *
 * @param again whether to its beginning
 */
public record Jump(String loop, boolean again) implements Statement {
    public static Jump again(String loop) {
        return new Jump(loop, true);
    }

    public static Jump leave(String loop) {
        return new Jump(loop, false);
    }

    /** {@code again supervise}, {@code leave supervise}. */
    public String notation() {
        return (again ? "again " : "leave ") + loop;
    }

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }
}
