package io.jbox.program;

/**
 * Jumps to the start of an enclosing loop, or leaves it.
 *
 * @param again whether to jump to the start
 */
public record Jump(Loop.Label loop, boolean again) implements Statement {
    public static Jump again(Loop.Label loop) {
        return new Jump(loop, true);
    }

    public static Jump leave(Loop.Label loop) {
        return new Jump(loop, false);
    }

    /** {@code again supervise}, {@code leave supervise}. */
    public String notation() {
        return (again ? "again " : "leave ") + loop.name();
    }

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }
}
