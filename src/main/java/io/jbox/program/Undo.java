package io.jbox.program;

import java.util.List;

/**
 * Takes back what the statement before it has made. It is carried out only if a later step of jbox's own part fails, and
 * only if that statement had succeeded; of several, the last one that was reached comes first. What fails in it is
 * ignored.
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
