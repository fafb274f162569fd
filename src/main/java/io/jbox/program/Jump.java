package io.jbox.program;

/**
 * Jumps to the start of an enclosing loop, or leaves it.
 *
 * @param again whether to jump to the start
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
