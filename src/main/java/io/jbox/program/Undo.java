package io.jbox.program;

import java.util.List;

/**
 * Undoes what the preceding statement has made. It runs only if a later step of jbox's own part fails, and only if that
 * statement succeeded; undos run in reverse order. Errors in it are ignored.
 *
 * @param body calls and effects
 */
public record Undo(List<Statement> body) implements Statement {
    public static Undo by(Statement... body) {
        return new Undo(List.of(body));
    }

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }
}
